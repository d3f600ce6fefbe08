"""ONNX files: what is written can be read, and whatever is more than a mask network is refused."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from unet.commands import separate_vocals
from unet.separating import SHIPPED_MODEL, load_network
from unet.separating.onnx_files import read_onnx
from unet.separating.onnx_schema import model_message
from vocal_separation_sanity_check.errors import InputError

FRONT_END = {
    "sample_rate_hz": 8000,
    "n_fft": 256,
    "hop_length": 128,
    "n_bins": 32,
    "n_channels": 1,
}
SETTINGS = {"task": "vocals", "front_end": FRONT_END, "window_multiple": 2, "context_windows": 4}
GAIN = np.full((1, 32, 1), 0.5, np.float32)


def some_model(nodes=None, weights=(), **settings):
    """A network that halves the real part, and what a test wants it to hold besides."""
    usual = [
        helper.make_node("Split", ["spectra"], ["real", "imaginary"], axis=0, num_outputs=2),
        helper.make_node("Squeeze", ["real", "first"], ["part"]),
        helper.make_node("Mul", ["part", "gain"], ["masks"]),
    ]
    shape = [FRONT_END["n_channels"], FRONT_END["n_bins"], "n"]
    held = [
        numpy_helper.from_array(np.zeros(1, np.int64), "first"),
        numpy_helper.from_array(GAIN, "gain"),
    ]
    graph = helper.make_graph(
        usual if nodes is None else nodes,
        "halved",
        [helper.make_tensor_value_info("spectra", TensorProto.FLOAT, [2, *shape])],
        [helper.make_tensor_value_info("masks", TensorProto.FLOAT, shape)],
        [*weights, *held],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(
        model,
        {
            "format": "unet-masks-1",
            "settings": json.dumps({**SETTINGS, **settings}),
            "metadata": json.dumps({"licence": "MIT"}),
        },
    )
    return model


def saved(model, folder):
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_a_network_of_few_operations_is_run(tmp_path):
    network, metadata = load_network(saved(some_model(), tmp_path), "cpu")
    assert metadata == {"licence": "MIT"}
    assert vars(network.front_end) == FRONT_END
    spectra = np.full((1, 32, 5), 3 - 1j, np.complex64)
    np.testing.assert_array_equal(network.masks(spectra), np.full((1, 32, 5), 1.5))


def weights_elsewhere(model):
    tensor = model.graph.initializer[-1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "../../secret"), ("length", str(1 << 40))):
        tensor.external_data.add(key=key, value=value)


def weights_twice(model):
    model.graph.initializer[-1].float_data.append(1)


def sparse_weights(model):
    model.graph.sparse_initializer.add().dims.append(1 << 40)


def a_function(model):
    model.functions.add(name="f", domain="x")


def a_loop(model):
    inner = helper.make_graph([], "inner", [], [])
    model.graph.node.append(helper.make_node("Loop", [], ["x"], body=inner))


def another_maker(model):
    model.graph.node.add(op_type="Mul", domain="com.microsoft")


def other_operators(model):
    model.opset_import.add(domain="com.microsoft", version=1)


def unknown_field(model):
    model.MergeFromString(b"\xf2\x3e\x03abc")


@pytest.mark.parametrize(
    "change",
    [
        weights_elsewhere,
        weights_twice,
        sparse_weights,
        a_function,
        a_loop,
        another_maker,
        unknown_field,
    ],
)
def test_what_is_more_than_a_network_is_refused(tmp_path, change):
    model = some_model()
    change(model)
    with pytest.raises(InputError, match=r"m\.onnx was not opened: it holds more than a network"):
        read_onnx(saved(model, tmp_path))


def test_operators_of_other_makers_are_refused(tmp_path):
    model = some_model()
    other_operators(model)
    with pytest.raises(InputError, match="operators of other makers"):
        read_onnx(saved(model, tmp_path))


@pytest.mark.parametrize("operator", ["If", "ConstantOfShape", "Expand", "Tile", "RandomNormal"])
def test_operations_that_no_network_has_are_refused(tmp_path, operator):
    model = some_model()
    model.graph.node.add(op_type=operator)
    with pytest.raises(InputError, match=f"operations that no network of ours has, .*'{operator}'"):
        read_onnx(saved(model, tmp_path))


def test_operations_have_limits(tmp_path):
    model = some_model()
    model.graph.node.append(helper.make_node("Conv", [], [], strides=[1, 1 << 30]))
    with pytest.raises(InputError, match="an operation with a number over 4096"):
        read_onnx(saved(model, tmp_path))
    model = some_model()
    for _ in range(1000):
        model.graph.node.add(op_type="Relu")
    with pytest.raises(InputError, match="it has 1003 operations, wanted 1000 at most"):
        read_onnx(saved(model, tmp_path))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.array([1, np.nan], np.float32), "weights that are NaN or infinite"),
        (np.array([np.inf], np.float32), "weights that are NaN or infinite"),
        (np.zeros(2, np.float64), "neither float32 nor int64"),
        (np.array(["code"], object), "more than a network"),
    ],
)
def test_weights_have_to_be_numbers(tmp_path, weights, message):
    tensor = numpy_helper.from_array(weights, "w")
    with pytest.raises(InputError, match=message):
        read_onnx(saved(some_model(weights=[tensor]), tmp_path))


@pytest.mark.parametrize("dims", [[1 << 40], [3], [-1, -4], []])
def test_weights_have_the_size_that_they_say(tmp_path, dims):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, raw_data=bytes(16), dims=dims)
    with pytest.raises(InputError, match="of another size than they say"):
        read_onnx(saved(some_model(weights=[tensor]), tmp_path))


@pytest.mark.parametrize("end", ["input", "output"])
@pytest.mark.parametrize("change", ["name", "shape", "type", "one more"])
def test_spectra_go_in_and_masks_come_out(tmp_path, end, change):
    model = some_model()
    ends = getattr(model.graph, end)
    tensor = ends[0].type.tensor_type
    if change == "name":
        ends[0].name = "x"
    elif change == "shape":
        tensor.shape.dim[-2].dim_value = 33
    elif change == "type":
        tensor.elem_type = TensorProto.DOUBLE
    else:
        ends.append(ends[0])
    name = {"input": "spectra", "output": "masks"}[end]
    with pytest.raises(InputError, match=f"its {name} are not of 1 channels and 32 bins"):
        read_onnx(saved(model, tmp_path))


@pytest.mark.parametrize(
    "settings",
    [
        {"front_end": {**FRONT_END, "n_fft": 1 << 30}},
        {"front_end": {**FRONT_END, "n_fft": 256.0}},
        {"front_end": {**FRONT_END, "sample_rate_hz": 10**12}},
        {"front_end": {**FRONT_END, "depth": 1}},
        {"front_end": None},
        {"window_multiple": 0},
        {"window_multiple": "2"},
        {"window_multiple": True},
        {"context_windows": 5},
        {"context_windows": 1 << 20},
    ],
)
def test_settings_have_to_make_sense(tmp_path, settings):
    with pytest.raises(InputError, match="unreadable settings"):
        read_onnx(saved(some_model(**settings), tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
@pytest.mark.parametrize("key", ["settings", "metadata"])
def test_settings_have_to_be_readable(tmp_path, key, text):
    model = some_model()
    next(entry for entry in model.metadata_props if entry.key == key).value = text
    with pytest.raises(InputError, match="unreadable settings"):
        read_onnx(saved(model, tmp_path))


def test_other_tasks_and_other_programs(tmp_path):
    with pytest.raises(InputError, match="a model for 'cars', wanted one for vocals"):
        read_onnx(saved(some_model(task="cars"), tmp_path))
    model = some_model()
    del model.metadata_props[:]
    with pytest.raises(InputError, match="a network of another program"):
        read_onnx(saved(model, tmp_path))


@pytest.mark.parametrize("kept", [1, 9, 0.1, 0.5, 0.99])
def test_truncated(tmp_path, kept):
    content = SHIPPED_MODEL.read_bytes()
    (tmp_path / "m.onnx").write_bytes(content[: kept if kept >= 1 else int(kept * len(content))])
    with pytest.raises(InputError, match=r"truncated|another program"):
        read_onnx(tmp_path / "m.onnx")


def test_a_file_of_any_size_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "m.onnx").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="has 1099512 MB, wanted 537 at most"):
        read_onnx(tmp_path / "m.onnx")


def test_a_graph_that_does_not_fit_together_is_told_in_one_line(tmp_path, capsys):
    nodes = [helper.make_node("Mul", ["spectra", "nothing"], ["masks"])]
    path = saved(some_model(nodes), tmp_path)
    assert separate_vocals(None, ["a.wav", "--model", str(path), "--device", "cpu"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"error: {path} was not opened: ONNX Runtime cannot run it:")
    assert told.err.count("\n") == 1


def test_masks_of_another_shape_are_told(tmp_path):
    nodes = [helper.make_node("Mul", ["spectra", "gain"], ["masks"])]
    network, _ = load_network(saved(some_model(nodes), tmp_path), "cpu")
    with pytest.raises(InputError, match="the model gives masks of shape"):
        network.masks(np.zeros((1, 32, 4), np.complex64))


@pytest.mark.parametrize("factor", ["column", "heard"], ids=["as it loads", "as it runs"])
def test_a_graph_does_not_take_all_memory(tmp_path, factor):
    """6.4 GB, made of two short lists: more than a network may have, less than many machines do."""
    held = [
        numpy_helper.from_array(np.ones((1, 40_000, 1), np.float32), "column"),
        numpy_helper.from_array(np.ones((1, 1, 40_000), np.float32), "row"),
        numpy_helper.from_array(np.ones(1, np.int64), "second"),
        numpy_helper.from_array(np.full(1, 2, np.int64), "third"),
    ]
    nodes = [
        helper.make_node("Split", ["spectra"], ["real", "imaginary"], axis=0, num_outputs=2),
        helper.make_node("Squeeze", ["real", "first"], ["part"]),
        helper.make_node("Slice", ["part", "first", "second", "second"], ["bin"]),
        helper.make_node("Slice", ["bin", "first", "second", "third"], ["cell"]),
        helper.make_node("Mul", ["column", "cell"], ["heard"]),
        helper.make_node("Mul", [factor, "row"], ["many"]),
        helper.make_node("Slice", ["many", "first", "second", "second"], ["one_row"]),
        helper.make_node("Slice", ["one_row", "first", "second", "third"], ["one"]),
        helper.make_node("Add", ["part", "one"], ["masks"]),
    ]
    path = saved(some_model(nodes, held), tmp_path)
    with pytest.raises((InputError, MemoryError), match="memory"):
        load_network(path, "cpu")[0].masks(np.zeros((1, 32, 4), np.complex64))


def test_what_is_read_is_what_onnx_says_there_is():
    """The fields that we declare are ONNX's own: names, numbers and types."""
    checked = 0
    theirs = onnx.ModelProto.DESCRIPTOR
    pairs = [(model_message().DESCRIPTOR, theirs)]
    for ours, official in pairs:
        for field in ours.fields:
            other = official.fields_by_name[field.name]
            assert (field.number, field.is_repeated) == (other.number, other.is_repeated)
            if field.message_type is None:
                assert field.type == other.type or other.enum_type is not None
            else:
                pairs.append((field.message_type, other.message_type))
            checked += 1
    assert checked > 30
