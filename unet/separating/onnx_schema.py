"""As much of the ONNX format as our networks need (onnx.proto, version 10 of the format).

Whatever else the format has is declared nowhere here: weights in other files, functions, graphs
inside of nodes, operators of other makers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "onnx_of_masks"
_MESSAGES = {
    "Model": "ir_version:1:int64 producer_name:2:string graph:7:Graph"
    " opset_import:8:OperatorSet* metadata_props:14:Entry*",
    "OperatorSet": "domain:1:string version:2:int64",
    "Entry": "key:1:string value:2:string",
    "Graph": "node:1:Node* name:2:string initializer:5:Tensor* input:11:Value* output:12:Value*",
    "Node": "input:1:string* output:2:string* name:3:string op_type:4:string"
    " attribute:5:Attribute*",
    "Attribute": "name:1:string f:2:float i:3:int64 s:4:bytes floats:7:float* ints:8:int64*"
    " type:20:int32",
    "Tensor": "dims:1:int64* data_type:2:int32 name:8:string raw_data:9:bytes",
    "Value": "name:1:string type:2:Type",
    "Type": "tensor_type:1:TensorType",
    "TensorType": "elem_type:1:int32 shape:2:Shape",
    "Shape": "dim:1:Dimension*",
    "Dimension": "dim_value:1:int64 dim_param:2:string",
}
"""Fields of each message: name, number, type; a star where there may be several."""


@cache
def model_message() -> Any:
    """Make the class of messages that a file holds one of.

    Returns
    -------
    type
        Of the protobuf library.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{PACKAGE}.proto", package=PACKAGE)
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for text in fields.split():
            name, number, kind = text.rstrip("*").split(":")
            field = message.field.add(name=name, number=int(number))
            field.label = field.LABEL_REPEATED if text.endswith("*") else field.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Model"))
