"""ONNX files: weights for a graph of ours, and whatever else one could hold is refused."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from unet.commands import separate_vocals
from unet.separating import SHIPPED_MODEL, load_network
from unet.separating.onnx_files import GRAPHS, read_onnx, write_onnx
from unet.separating.onnx_schema import model_message
from vocal_separation_sanity_check.errors import InputError


@pytest.fixture
def model():
    """The shipped file, to be made worse."""
    return onnx.load(SHIPPED_MODEL)


@pytest.fixture
def read(tmp_path):
    """Write a model and read it."""

    def written_and_read(model):
        path = tmp_path / "m.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        return read_onnx(path)

    return written_and_read


def test_the_shipped_file_is_read(model, read):
    file = read(model)
    assert read_onnx(SHIPPED_MODEL) == file
    assert file.front_end.sample_rate_hz == 44100
    assert (file.window_multiple, file.context_windows) == (16, 176)
    assert "MUSDB18" in str(file.metadata)
    onnx.checker.check_model(onnx.load_from_string(file.content), full_check=True)


def weights_elsewhere(model):
    tensor = model.graph.initializer[5]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "../../secret"), ("length", str(1 << 40))):
        tensor.external_data.add(key=key, value=value)


def weights_elsewhere_besides(model):
    model.graph.initializer[5].external_data.add(key="location", value="/etc/passwd")


def weights_twice(model):
    model.graph.initializer[5].float_data.append(1)


def sparse_weights(model):
    model.graph.sparse_initializer.add().dims.append(1 << 40)


def weights_of_another_shape(model):
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == "mean"]
    tensor.dims[:] = tensor.dims[::-1]


def weights_more(model):
    model.graph.initializer.add(name="more", data_type=1, dims=[1], raw_data=bytes(4))


def weights_of_another_type(model):
    model.graph.initializer[0].data_type = TensorProto.DOUBLE


def a_weight_less(model):
    del model.graph.initializer[0]


def a_function(model):
    model.functions.add(name="f", domain="x")


def a_loop(model):
    inner = helper.make_graph([], "inner", [], [])
    model.graph.node.append(helper.make_node("Loop", [], ["x"], body=inner))


def another_operation(model):
    model.graph.node[3].op_type = "Mul"


def operations_of_another_maker(model):
    model.graph.node[3].domain = "com.microsoft"


def another_number(model):
    (tensor, *_) = [t for t in model.graph.initializer if t.data_type == TensorProto.INT64]
    tensor.raw_data = np.int64(1 << 62).tobytes()


def another_stride(model):
    next(node for node in model.graph.node if node.op_type == "Conv").attribute[-1].ints[0] = 4096


def another_shape(model):
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 1 << 40


def other_settings(model):
    entry = model.metadata_props[1]
    entry.value = entry.value.replace('"n_fft": 4096', '"n_fft": 1073741824')


def other_task(model):
    model.metadata_props[1].value = json.dumps({"task": "cars"})


def unknown_field(model):
    model.MergeFromString(b"\xf2\x3e\x03abc")


def a_comment(model):
    model.graph.doc_string = "anything"


def no_description(model):
    del model.metadata_props[2]


CHANGES = [
    weights_elsewhere_besides,
    weights_twice,
    sparse_weights,
    weights_of_another_shape,
    weights_more,
    weights_of_another_type,
    a_weight_less,
    a_function,
    a_loop,
    another_operation,
    operations_of_another_maker,
    another_number,
    another_stride,
    another_shape,
    other_settings,
    other_task,
    unknown_field,
    a_comment,
    no_description,
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_graph_but_ours_is_run(model, read, change):
    change(model)
    with pytest.raises(InputError, match=r"m\.onnx was not opened: its operations are not those"):
        read(model)


def test_weights_in_other_files_are_refused(model, read):
    weights_elsewhere(model)
    with pytest.raises(InputError, match="weights of another size than they say"):
        read(model)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers(model, read, bad):
    tensor = model.graph.initializer[5]
    tensor.raw_data = tensor.raw_data[:-4] + np.float32(bad).tobytes()
    with pytest.raises(InputError, match="weights that are NaN or infinite"):
        read(model)


@pytest.mark.parametrize("dims", [[1 << 40], [3], [-1, -4], []])
def test_weights_have_the_size_that_they_say(model, read, dims):
    model.graph.initializer[5].dims[:] = dims
    with pytest.raises(InputError, match="of another size than they say"):
        read(model)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_the_description_has_to_be_readable(model, read, text):
    model.metadata_props[2].value = text
    with pytest.raises(InputError, match="unreadable description"):
        read(model)


def test_networks_of_other_programs(model, read):
    del model.metadata_props[:]
    with pytest.raises(InputError, match="a network of another program"):
        read(model)


@pytest.mark.parametrize("kept", [1, 9, 0.1, 0.5, 0.99])
def test_truncated(tmp_path, kept):
    content = SHIPPED_MODEL.read_bytes()
    (tmp_path / "m.onnx").write_bytes(content[: kept if kept >= 1 else int(kept * len(content))])
    with pytest.raises(InputError, match=r"truncated|another program"):
        read_onnx(tmp_path / "m.onnx")


def test_a_file_of_any_size_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "m.onnx").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="has 1099512 MB, wanted 268 at most"):
        read_onnx(tmp_path / "m.onnx")


def test_a_graph_without_weights_is_no_network():
    with pytest.raises(InputError, match=r"another size than they say"):
        load_network(GRAPHS / "tdf.onnx", "cpu")


def test_what_is_wrong_is_told_in_one_line(model, tmp_path, capsys):
    another_operation(model)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    arguments = ["a.wav", "--model", str(tmp_path / "m.onnx"), "--device", "cpu"]
    assert separate_vocals(None, arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"error: {tmp_path / 'm.onnx'} was not opened:")
    assert told.err.count("\n") == 1


def test_a_network_that_no_graph_is_for_is_not_written(tmp_path):
    with pytest.raises(InputError, match="no graph for this network"):
        write_onnx(tmp_path / "m.onnx", {}, {"mean": np.zeros(3, np.float32)}, {})
    assert not list(tmp_path.iterdir())


def test_the_fields_that_we_declare_are_those_of_onnx():
    checked = 0
    pairs = [(model_message().DESCRIPTOR, onnx.ModelProto.DESCRIPTOR)]
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
