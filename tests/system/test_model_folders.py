"""gatehouse model check and model import of ONNX files: what is wrong with a folder is said before a server finds out."""

import json
import subprocess

import onnx_file
import pytest
from house import BINARY, ROOT, House, eventually
from onnx import TensorProto, helper

SETOSA = [5.1, 3.5, 1.4, 0.2]


def model(folder, *words):
    done = subprocess.run([BINARY, "model", *map(str, words), "--json"], cwd=folder, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()


def test_what_is_right_is_well():
    for folder in ("models", "models/iris", "models/iris/1"):
        code, found = model(ROOT, "check", folder)
        assert code == 0 and {one["state"] for one in found} == {"well"}, found
    assert {(one["name"], one["version"], one["kind"]) for one in found} == {("iris", "1", "trees")}


def test_all_that_is_wrong_with_a_folder_is_said_at_once(tmp_path):
    file = onnx_file.flowers()
    said = onnx_file.manifest(file, labels=("setosa", "versicolor"), shape="[-1, 5]").replace('unit = "cm"', 'unit = "cm"\nexample = 31', 1)
    said += '[[outputs]]\nname = "score"\ndatatype = "FP32"\nshape = [-1]\n[[features]]\nname = "more"\n[[files]]\npath = "other.bin"\nsha256 = "' + "0" * 64 + '"\n'
    onnx_file.put(tmp_path / "models", "flowers", file + b"", said)
    (tmp_path / "models" / "flowers" / "1" / "model.onnx").write_bytes(file[:-1] + b"\0")
    onnx_file.put(tmp_path / "models", "unread", file, 'kind = "tree"\nfile = 1\n')
    code, found = model(tmp_path, "check", "models")
    assert code == 1 and [one["state"] for one in found] == ["wrong", "wrong"]
    flowers, unread = (one["faults"] for one in found)
    wanted = ("model.onnx is another file", "other.bin is missing", "has the shape [-1, 4] in the graph, and FP32 [-1, 5] in the manifest",
              "the graph has no output 'score'", "5 features, and the graph 4 columns", "2 labels", "example of the feature 'sepal_length' is 31")  # fmt: skip
    for part in wanted:
        assert any(part in one for one in flowers), (part, flowers)
    assert len(unread) == 1 and "'kind' must be one of" in unread[0] and "'file' is not a known key" in unread[0]
    code, text = model(tmp_path, "check", "nothing")
    assert code == 1 and "no model" in text


def test_a_graph_is_imported_and_served(tmp_path):
    (tmp_path / "My Flowers.onnx").write_bytes(onnx_file.flowers())
    code, made = model(tmp_path, "import", "My Flowers.onnx")
    assert code == 0 and (made["name"], made["kind"], made["state"]) == ("my-flowers", "trees", "declared"), made
    code, found = model(tmp_path, "check", "models/my-flowers")
    assert code == 0, found
    code, again = model(tmp_path, "import", "My Flowers.onnx")
    assert code == 1 and "is there already" in again
    house = House(tmp_path / "data", tmp_path / "log")
    try:
        house.start("--models", str(tmp_path / "models"))
        eventually(lambda: house.ask("GET", "/v2/models/my-flowers/ready").status == 200, 60, "the model")
        assert house.ask("POST", "/predict", {"model": "my-flowers", "data": SETOSA}).json()["prediction"] == 0
        assert house.ask("GET", "/v2/models/my-flowers").json()["outputs"][1] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}
    finally:
        house.kill()


def sequence_of_maps():
    output = helper.make_value_info("scores", helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, []))))
    node = helper.make_node("ZipMap", ["X"], ["scores"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    graph = helper.make_graph([node], "maps", [helper.make_tensor_value_info("X", TensorProto.COMPLEX64, [None, 2])], [output])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("ai.onnx.ml", 1)]).SerializeToString()


@pytest.mark.parametrize(("content", "said"), [(b"PK an archive", ["bad.onnx"]), (sequence_of_maps(), ["'X'", "zipmap"])], ids=["no graph", "maps"])
def test_what_cannot_be_served_is_not_imported(tmp_path, content, said):
    (tmp_path / "bad.onnx").write_bytes(content)
    code, text = model(tmp_path, "import", "bad.onnx")
    assert code == 1 and all(part in text for part in said), text
    assert not list((tmp_path / "models").glob("bad/*")), "nothing is left"
    (tmp_path / "flowers.onnx").write_bytes(onnx_file.flowers())
    code, text = model(tmp_path, "import", "flowers.onnx", "--quantize", "q8_0")
    assert code == 2 and "GGUF" in text
