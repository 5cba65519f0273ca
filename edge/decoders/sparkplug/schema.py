"""The protobuf schema of Sparkplug B (Sparkplug 3.0.0, section 6.4), as tables of its field numbers; package `protobuf` does the rest.

`tests/corpus` holds it against the official sparkplug_b.proto, field by field. The ranges for extensions of third parties are left
out: what stands there is passed over.
"""

from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from telemetry.errors import RejectedError

PACKAGE: Final = "quanho.sparkplug"

# (label, type, name, number); label is optional, repeated, or oneof (a member of oneof `value`)
Row = tuple[str, str, str, int]
_OF_VALUES: tuple[tuple[str, str], ...] = (
    ("uint32", "int_value"), ("uint64", "long_value"), ("float", "float_value"), ("double", "double_value"),
    ("bool", "boolean_value"), ("string", "string_value"),
)  # fmt: skip


def _values(first: int, *more: tuple[str, str]) -> tuple[Row, ...]:
    return tuple(("oneof", kind, name, number) for number, (kind, name) in enumerate((*_OF_VALUES, *more), start=first))


MESSAGES: dict[str, tuple[Row, ...]] = {
    "Payload": (
        ("optional", "uint64", "timestamp", 1),
        ("repeated", "Payload.Metric", "metrics", 2),
        ("optional", "uint64", "seq", 3),
        ("optional", "string", "uuid", 4),
        ("optional", "bytes", "body", 5),
    ),
    "Payload.Metric": (
        ("optional", "string", "name", 1),
        ("optional", "uint64", "alias", 2),
        ("optional", "uint64", "timestamp", 3),
        ("optional", "uint32", "datatype", 4),
        ("optional", "bool", "is_historical", 5),
        ("optional", "bool", "is_transient", 6),
        ("optional", "bool", "is_null", 7),
        ("optional", "Payload.MetaData", "metadata", 8),
        ("optional", "Payload.PropertySet", "properties", 9),
        *_values(
            10,
            ("bytes", "bytes_value"),
            ("Payload.DataSet", "dataset_value"),
            ("Payload.Template", "template_value"),
            ("Payload.Metric.MetricValueExtension", "extension_value"),
        ),
    ),
    "Payload.Metric.MetricValueExtension": (),
    "Payload.MetaData": (
        ("optional", "bool", "is_multi_part", 1),
        ("optional", "string", "content_type", 2),
        ("optional", "uint64", "size", 3),
        ("optional", "uint64", "seq", 4),
        ("optional", "string", "file_name", 5),
        ("optional", "string", "file_type", 6),
        ("optional", "string", "md5", 7),
        ("optional", "string", "description", 8),
    ),
    "Payload.PropertySet": (("repeated", "string", "keys", 1), ("repeated", "Payload.PropertyValue", "values", 2)),
    "Payload.PropertySetList": (("repeated", "Payload.PropertySet", "propertyset", 1),),
    "Payload.PropertyValue": (
        ("optional", "uint32", "type", 1),
        ("optional", "bool", "is_null", 2),
        *_values(
            3,
            ("Payload.PropertySet", "propertyset_value"),
            ("Payload.PropertySetList", "propertysets_value"),
            ("Payload.PropertyValue.PropertyValueExtension", "extension_value"),
        ),
    ),
    "Payload.PropertyValue.PropertyValueExtension": (),
    "Payload.DataSet": (
        ("optional", "uint64", "num_of_columns", 1),
        ("repeated", "string", "columns", 2),
        ("repeated", "uint32", "types", 3),
        ("repeated", "Payload.DataSet.Row", "rows", 4),
    ),
    "Payload.DataSet.Row": (("repeated", "Payload.DataSet.DataSetValue", "elements", 1),),
    "Payload.DataSet.DataSetValue": _values(1, ("Payload.DataSet.DataSetValue.DataSetValueExtension", "extension_value")),
    "Payload.DataSet.DataSetValue.DataSetValueExtension": (),
    "Payload.Template": (
        ("optional", "string", "version", 1),
        ("repeated", "Payload.Metric", "metrics", 2),
        ("repeated", "Payload.Template.Parameter", "parameters", 3),
        ("optional", "string", "template_ref", 4),
        ("optional", "bool", "is_definition", 5),
    ),
    "Payload.Template.Parameter": (
        ("optional", "string", "name", 1),
        ("optional", "uint32", "type", 2),
        *_values(3, ("Payload.Template.Parameter.ParameterValueExtension", "extension_value")),
    ),
    "Payload.Template.Parameter.ParameterValueExtension": (),
}

# Sparkplug 3.0.0, section 6.4.16: the index is the number on the wire
DATA_TYPES: tuple[str, ...] = (
    "Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Boolean", "String",
    "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template", "PropertySet", "PropertySetList", "Int8Array", "Int16Array",
    "Int32Array", "Int64Array", "UInt8Array", "UInt16Array", "UInt32Array", "UInt64Array", "FloatArray", "DoubleArray", "BooleanArray",
    "StringArray", "DateTimeArray",
)  # fmt: skip

_TYPES = {
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
}


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="quanho/sparkplug.proto", package=PACKAGE, syntax="proto2")
    made: dict[str, DescriptorProto] = {}
    for full_name, rows in MESSAGES.items():
        outer, _, name = full_name.rpartition(".")
        message = (made[outer].nested_type if outer else file.message_type).add()
        message.name = name
        made[full_name] = message
        if any(label == "oneof" for label, *_ in rows):
            message.oneof_decl.add().name = "value"
        for label, kind, field_name, number in rows:
            field = message.field.add()
            field.name, field.number = field_name, number
            field.label = FieldDescriptorProto.LABEL_REPEATED if label == "repeated" else FieldDescriptorProto.LABEL_OPTIONAL
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            if label == "oneof":
                field.oneof_index = 0
    return file


def _payload_class() -> Any:
    pool = DescriptorPool()
    pool.AddSerializedFile(_file().SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Payload"))


Payload: Any = _payload_class()  # made at run time, so the type checker knows nothing of its fields


def read_payload(data: bytes) -> Any:
    """Return the message; RejectedError if it is none. Text that is not UTF-8 is left as bytes, depth is bounded by protobuf (100)."""
    try:
        return Payload.FromString(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise RejectedError(
            f"not protobuf of Sparkplug B: {str(error).removeprefix('Error parsing message')[:80]}".replace("\n", " ")
        ) from None
