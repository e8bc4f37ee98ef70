"""/v2: the Open Inference Protocol on tensor models, as the protocol's examples write it and as Triton's client speaks it."""

import json
import socket
import struct

import numpy
import onnx_file
import pytest
import tritonclient.http as triton
from house import House, command, eventually
from oip import refused
from onnx import TensorProto
from tritonclient.utils import InferenceServerException

SETOSA = [5.1, 3.5, 1.4, 0.2]
INFER = "/v2/models/iris/infer"
TYPES = {
    "BOOL": (TensorProto.BOOL, numpy.array([True, False])),
    "UINT8": (TensorProto.UINT8, numpy.array([0, 255], numpy.uint8)),
    "UINT16": (TensorProto.UINT16, numpy.array([0, 65535], numpy.uint16)),
    "UINT32": (TensorProto.UINT32, numpy.array([0, 2**32 - 1], numpy.uint32)),
    "UINT64": (TensorProto.UINT64, numpy.array([0, 2**64 - 1], numpy.uint64)),
    "INT8": (TensorProto.INT8, numpy.array([-128, 127], numpy.int8)),
    "INT16": (TensorProto.INT16, numpy.array([-32768, 32767], numpy.int16)),
    "INT32": (TensorProto.INT32, numpy.array([-(2**31), 2**31 - 1], numpy.int32)),
    "INT64": (TensorProto.INT64, numpy.array([-(2**63), 2**63 - 1], numpy.int64)),
    "FP16": (TensorProto.FLOAT16, numpy.array([-0.5, 65504], numpy.float16)),
    "FP32": (TensorProto.FLOAT, numpy.array([-0.1, 3e38], numpy.float32)),
    "FP64": (TensorProto.DOUBLE, numpy.array([-0.1, 1e300])),
    "BYTES": (TensorProto.STRING, numpy.array(["人".encode(), b""], numpy.object_)),
    "BF16": (TensorProto.BFLOAT16, numpy.array([-0.5, 2.0], numpy.float32)),
}
ONLY_BINARY = {"FP16", "BF16"}


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """A house with iris, and a mirror of every datatype."""
    folder = tmp_path_factory.mktemp("hall")
    onnx_file.put(folder / "models", "mirror", *onnx_file.mirror(TYPES))
    house = House(folder / "data", folder / "log").start("--models", str(folder / "models"))
    for name in ("iris", "mirror"):
        eventually(lambda one=name: house.ask("GET", f"/v2/models/{one}/ready").status == 200, 60, name)
    yield house
    house.kill()


@pytest.fixture(scope="module")
def client(hall):
    with triton.InferenceServerClient(f"{hall.public.host}:{hall.public.port}") as client:
        yield client


def infer(house, body, path=INFER, headers=None):
    return house.ask("POST", path, body, headers={**house.bearer(), **(headers or {})})


def rows(*more, **other):
    return {"inputs": [{"name": "X", "shape": [1, 4], "datatype": "FP32", "data": SETOSA, **other}], **dict(more)}


# -- as the protocol writes it -------------------------------------------------------------------------------------------------


def test_the_example_of_the_protocol_to_the_letter(hall):
    body = (
        b'{"id":"42","parameters":{},"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","parameters":{},"data":[5.1,3.5,1.4,0.2]}],'
        b'"outputs":[{"name":"label","parameters":{"classification":3}}]}'
    )
    answer = infer(hall, body)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.body == b'{"model_name":"iris","model_version":"1","id":"42","outputs":[{"name":"label","shape":[1],"datatype":"INT64","data":[0]}]}'
    assert infer(hall, body, "/v2/models/iris/versions/1/infer").body == answer.body


def test_health_and_metadata(hall):
    assert hall.ask("GET", "/v2/health/live", headers={}).json() == {"live": True}
    assert hall.ask("GET", "/v2/health/ready", headers={}).json() == {"ready": True, "live": True}
    server = hall.ask("GET", "/v2", headers={}).json()
    assert server["name"] == "gatehouse" and server["version"] == hall.ask("GET", "/version").json()["version"]
    assert {"binary_tensor_data", "classification", "statistics", "model_repository", "generate"} <= set(server["extensions"])
    for path in ("/v2/models/iris", "/v2/models/iris/versions/1"):
        assert hall.ask("GET", path).json() == {
            "name": "iris",
            "versions": ["1"],
            "platform": "onnx_onnxv1",
            "inputs": [{"name": "X", "datatype": "FP32", "shape": [-1, 4]}],
            "outputs": [{"name": "label", "datatype": "INT64", "shape": [-1]}, {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}],
        }
        assert hall.ask("GET", path + "/ready").json() == {"name": "iris", "ready": True}
    mirrored = hall.ask("GET", "/v2/models/mirror").json()
    assert [one["datatype"] for one in mirrored["inputs"]] == list(TYPES), "without a word in the manifest, what the graph says"


def test_probes_answer_old_clients_and_everybody(hall):
    for path in ("/v2/health/live", "/v2/health/ready"):
        with socket.create_connection((hall.public.host, hall.public.port), 30) as wire:
            wire.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            assert wire.makefile("rb").readline().split()[1] == b"200"


def test_outputs_ids_and_nested_data(hall):
    both = infer(hall, rows(data=[SETOSA])).json()
    assert [one["name"] for one in both["outputs"]] == ["label", "probabilities"] and "id" not in both
    assert both["outputs"][1]["shape"] == [1, 3] and sum(both["outputs"][1]["data"]) == pytest.approx(1)
    turned = infer(hall, rows(("outputs", [{"name": "probabilities"}, {"name": "label"}]), ("id", "人"))).json()
    assert [one["name"] for one in turned["outputs"]] == ["probabilities", "label"] and turned["id"] == "人"


def test_the_likeliest_classes(hall):
    asked = rows(("outputs", [{"name": "probabilities", "parameters": {"classification": 2}}]))
    output = infer(hall, asked).json()["outputs"][0]
    assert (output["datatype"], output["shape"]) == ("BYTES", [1, 2])
    value, place, label = output["data"][0].split(":")
    assert (place, label) == ("0", "setosa") and float(value) > 0.9


def test_all_that_is_wrong_is_named_at_once(hall):
    body = {"id": 7, "inputs": [{"name": "X", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}, {"name": "Y", "shape": [1], "datatype": "INT4"}], "outputs": [{"name": "Z"}]}
    said = refused(infer(hall, body))
    for part in ("id is a number", "inputs[0].datatype is FP64 (expected FP32)", "inputs[0].shape is [1, 3] (expected [-1, 4])", "inputs[1].datatype", "outputs[0].name"):
        assert part in said, said
    said = refused(infer(hall, rows(data=[5.1, "3", 31, -0.1])))
    assert "inputs[0].data[1] is a string" in said
    said = refused(infer(hall, rows(data=[5.1, 3, 31, -0.1])))
    assert "inputs[0].data[2] is out of range (expected a number from 0 to 30 (petal_length, cm))" in said and "data[3]" in said
    for body in (b"", b"{", b"[]", b"{}", b'{"inputs":[]}', b'{"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","data":[NaN,1,1,1]}]}'):
        refused(infer(hall, body))


def test_who_may_not_is_refused_in_the_protocols_words(hall):
    assert refused(infer(hall, rows(), "/v2/models/none/infer"), 404) == "The model 'none' does not exist or you do not have access to it"
    assert "no version 7" in refused(infer(hall, rows(), "/v2/models/iris/versions/7/infer"), 404)
    assert "no version 7" in refused(hall.ask("GET", "/v2/models/iris/versions/7"), 404)
    refused(infer(hall, rows(), "/v2/models/smollm2-135m-instruct/infer"), 404)
    refused(hall.ask("POST", INFER, rows(), headers={}), 401)
    talks = command(hall, "key", "create", "--tenant", "demo", "--name", "talks", "--scopes", "llm")["key"]
    narrow = command(hall, "key", "create", "--tenant", "demo", "--name", "narrow", "--models", "mirror")["key"]
    for key in (talks, narrow):
        for method, path in (("POST", INFER), ("GET", "/v2/models/iris"), ("GET", "/v2/models/iris/ready")):
            refused(hall.ask(method, path, rows() if method == "POST" else None, headers={"X-API-Key": key}), 403)
    refused(hall.ask("GET", "/v2/nothing"), 404)
    refused(hall.ask("DELETE", INFER), 405)


# -- binary tensors ------------------------------------------------------------------------------------------------------------


def binary(header, *tensors):
    text = json.dumps(header).encode()
    return text + b"".join(tensors), {"Inference-Header-Content-Length": str(len(text)), "Content-Type": "application/octet-stream"}


def test_bytes_behind_the_json_both_ways(hall):
    raw = struct.pack("<4f", *SETOSA)
    header = {"inputs": [{"name": "X", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 16}}], "parameters": {"binary_data_output": True}}
    body, headers = binary(header, raw)
    answer = infer(hall, body, headers=headers)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/octet-stream"
    length = int(answer.headers["Inference-Header-Content-Length"])
    said = json.loads(answer.body[:length])
    assert said["outputs"][0] == {"name": "label", "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}}
    label, *probabilities = struct.unpack("<q3f", answer.body[length:])
    assert label == 0 and sum(probabilities) == pytest.approx(1)
    header["outputs"] = [{"name": "probabilities", "parameters": {"binary_data": False}}, {"name": "label"}]
    body, headers = binary(header, raw)
    answer = infer(hall, body, headers=headers)
    said = json.loads(answer.body[: int(answer.headers["Inference-Header-Content-Length"])])
    assert len(said["outputs"][0]["data"]) == 3 and answer.body.endswith(struct.pack("<q", 0))


def test_bytes_that_do_not_add_up(hall):
    header = {"inputs": [{"name": "X", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 16}}]}
    for raw, said in ((b"", "is more than stands behind the JSON"), (b"\0" * 17, "leave 1 bytes behind the JSON")):
        body, headers = binary(header, raw)
        assert said in refused(infer(hall, body, headers=headers))
    body, headers = binary(header, b"\0" * 16)
    for length in ("-1", "x", str(len(body) + 1)):
        assert "Inference-Header-Content-Length" in refused(infer(hall, body, headers={**headers, "Inference-Header-Content-Length": length}))
    refused(infer(hall, body, headers={"Content-Type": "application/octet-stream"}))
    body, headers = binary(header, struct.pack("<4f", 5.1, 31, float("nan"), float("inf")))
    said = refused(infer(hall, body, headers=headers))
    assert all(f"data[{place}] is out of range" in said for place in (1, 2, 3)), said


# -- Triton's client -----------------------------------------------------------------------------------------------------------


def mirrored(client, hall, names, as_binary):
    inputs = []
    for name, (_, values) in TYPES.items():
        values = values if name in names else values[:0]
        tensor = triton.InferInput(f"in_{name}", [len(values)], name)
        inputs.append(tensor.set_data_from_numpy(values, binary_data=as_binary or name in ONLY_BINARY))
    outputs = [triton.InferRequestedOutput(f"out_{name}", binary_data=as_binary or name in ONLY_BINARY) for name in names]
    return client.infer("mirror", inputs, outputs=outputs, request_id="one", headers=hall.bearer())


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("as_binary", [True, False], ids=["binary", "json"])
def test_every_datatype_comes_back_as_it_was_sent(hall, client, name, as_binary):
    result = mirrored(client, hall, [name], as_binary)
    sent, got = TYPES[name][1], result.as_numpy(f"out_{name}")
    assert result.get_response()["id"] == "one" and result.get_output(f"out_{name}")["datatype"] == name
    if name == "BYTES" and not as_binary:
        got = numpy.array([one.encode() if isinstance(one, str) else one for one in got], numpy.object_)
    assert numpy.array_equal(got, sent), (got, sent)


def test_all_datatypes_in_one_call(hall, client):
    result = mirrored(client, hall, list(TYPES), True)
    for name, (_, values) in TYPES.items():
        assert numpy.array_equal(result.as_numpy(f"out_{name}"), values), name


def test_what_tritons_client_asks_of_the_server(hall, client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.get_server_metadata()["name"] == "gatehouse"
    assert client.is_model_ready("iris", headers=hall.bearer()) and client.is_model_ready("iris", "1", headers=hall.bearer())
    assert not client.is_model_ready("none", headers=hall.bearer())
    assert client.get_model_metadata("iris", headers=hall.bearer())["inputs"][0]["shape"] == [-1, 4]
    tensor = triton.InferInput("X", [2, 4], "FP32").set_data_from_numpy(numpy.array([SETOSA, [6.5, 3.0, 5.5, 2.0]], numpy.float32))
    result = client.infer("iris", [tensor], headers=hall.bearer())
    assert result.as_numpy("label").tolist() == [0, 2]
    result = client.infer("iris", [tensor], outputs=[triton.InferRequestedOutput("probabilities", class_count=1)], headers=hall.bearer())
    assert [one.decode().split(":")[1:] for one in result.as_numpy("probabilities").flatten()] == [["0", "setosa"], ["2", "virginica"]]
    with pytest.raises(InferenceServerException, match="does not exist") as raised:
        client.infer("none", [tensor], headers=hall.bearer())
    assert raised.value.status() == "404"


# -- TensorFlow Serving's form --------------------------------------------------------------------------------------------------


def test_rows_in_tensorflow_servings_form(hall):
    answer = hall.ask("POST", "/v1/models/iris:predict", {"instances": [SETOSA, [6.5, 3.0, 5.5, 2.0]]})
    assert answer.status == 200, answer.body
    first, second = answer.json()["predictions"]
    assert (first["label"], second["label"]) == (0, 2) and sum(first["probabilities"]) == pytest.approx(1)
    whole = hall.ask("POST", "/v1/models/iris/versions/1:predict", {"signature_name": "serving_default", "inputs": {"X": [SETOSA]}}).json()
    assert whole["outputs"]["label"] == [0] and len(whole["outputs"]["probabilities"][0]) == 3


def test_what_is_wrong_with_rows_is_an_error_of_v1(hall):
    wrong = hall.ask("POST", "/v1/models/iris:predict", {"instances": [SETOSA, [5.1, "3", 31], [5.1, 3, 31, -1]], "instance": 1})
    error = wrong.json()["error"]
    assert wrong.status == 400 and set(error) == {"message", "type", "param", "code"}, wrong.body
    for part in ("instance is not a known field", "instances[1][1] is a string", "instances[1] has 3 items"):
        assert part in error["message"]
    wrong = hall.ask("POST", "/v1/models/iris:predict", {"instances": [SETOSA, [5.1, 3, 31, -1]]})
    assert "instances[1][2] is out of range" in wrong.json()["error"]["message"] and "instances[1][3]" in wrong.json()["error"]["message"]
    assert hall.ask("POST", "/v1/models/none:predict", {"instances": [SETOSA]}).json()["error"]["code"] == "model_not_found"
    assert hall.ask("POST", "/v1/models/iris/versions/2:predict", {"instances": [SETOSA]}).status == 404
    assert hall.ask("POST", "/v1/models/mirror:predict", {"instances": [[1]]}).status == 400


# -- what administrators ask ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def operator(hall):
    return {"Authorization": "Bearer " + command(hall, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]}


def test_statistics_count_every_call(hall, client, operator):
    before = client.get_inference_statistics("iris", headers=operator)["model_stats"][0]
    assert (before["name"], before["version"]) == ("iris", "1")
    assert infer(hall, rows(shape=[2, 4], data=SETOSA * 2)).status == 200
    assert hall.ask("POST", "/predict", {"data": SETOSA}).status == 200
    refused(infer(hall, rows(shape=[1, 3])))
    after = client.get_inference_statistics("iris", "1", headers=operator)["model_stats"][0]
    assert after["inference_count"] - before["inference_count"] == 3 and after["execution_count"] - before["execution_count"] == 2
    was, now = before["inference_stats"], after["inference_stats"]
    assert now["success"]["count"] - was["success"]["count"] == 2 and now["fail"] == was["fail"]
    assert now["success"]["ns"] - was["success"]["ns"] >= now["compute_infer"]["ns"] - was["compute_infer"]["ns"] > 0
    assert after["last_inference"] >= before["last_inference"] > 0
    # Passes by how many rows were computed at once: one of two, one of one.
    sizes = [{batch["batch_size"]: batch for batch in one["batch_stats"]} for one in (before, after)]
    for size in (1, 2):
        was_of, now_of = (one.get(size, {}).get("compute_infer", {"count": 0, "ns": 0}) for one in sizes)
        assert now_of["count"] - was_of["count"] == 1 and now_of["ns"] > was_of["ns"], (size, sizes)
        assert {"compute_input", "compute_output"} <= set(sizes[1][size])
    assert all(now[part]["count"] == now["success"]["count"] for part in ("queue", "compute_input", "compute_infer", "compute_output"))
    everything = client.get_inference_statistics(headers=operator)["model_stats"]
    assert {"iris", "mirror"} <= {one["name"] for one in everything}
    for path in ("/v2/models/stats", "/v2/models/iris/stats"):
        refused(hall.ask("GET", path), 403)
    refused(hall.ask("GET", "/v2/models/none/stats", headers=operator), 404)
    refused(hall.ask("GET", "/v2/models/iris/versions/2/stats", headers=operator), 404)


def test_the_repository_is_listed_loaded_and_unloaded(hall, client, operator):
    index = {one["name"]: one for one in client.get_model_repository_index(headers=operator)}
    assert index["iris"] == {"name": "iris", "version": "1", "state": "READY", "reason": ""}
    client.unload_model("mirror", headers=operator)
    eventually(lambda: not client.is_model_ready("mirror", headers=hall.bearer()), 20, "the end of it")
    gone = eventually(lambda: (one := listed(client, operator)["mirror"])["state"] == "UNAVAILABLE" and one, 20, "its end in the list")
    assert gone["reason"] == "unloaded"
    assert "mirror" not in {one["name"] for one in hall.ask("POST", "/v2/repository/index", {"ready": True}, headers=operator).json()}
    assert hall.ask("GET", "/v2/models/mirror/ready").json() == {"name": "mirror", "ready": False}
    client.load_model("mirror", headers=operator)
    assert client.is_model_ready("mirror", headers=hall.bearer()), "a load is over when it is answered"
    assert infer(hall, rows()).status == 200
    for path in ("index", "models/mirror/load", "models/mirror/unload"):
        refused(hall.ask("POST", f"/v2/repository/{path}", {}), 403)
    for body in ({"parameters": {"config": "{}"}}, {"parameters": {"file:1/model.onnx": "AA=="}}, {"parametres": {}}, []):
        refused(hall.ask("POST", "/v2/repository/models/mirror/load", body, headers=operator))
    refused(hall.ask("POST", "/v2/repository/models/none/load", headers=operator), 404)


def listed(client, operator):
    return {one["name"]: one for one in client.get_model_repository_index(headers=operator)}


def test_a_load_that_fails_says_why(new_house, tmp_path):
    house = new_house(started=False)
    file, said = onnx_file.mirror(TYPES)
    onnx_file.put(tmp_path / "models", "broken", file[:-8] + bytes(8), said)
    house.start("--models", str(tmp_path / "models"))
    operator = {"Authorization": "Bearer " + command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]}
    assert "broken" in refused(house.ask("POST", "/v2/repository/models/broken/load", headers=operator), 503)
    index = house.ask("POST", "/v2/repository/index", headers=operator).json()
    broken = next(one for one in index if one["name"] == "broken")
    assert broken["state"] == "UNAVAILABLE" and broken["reason"]


# -- limits, prices and the record ---------------------------------------------------------------------------------------------


def test_a_call_counts_costs_and_is_on_record(new_house, tmp_path):
    house = new_house(started=False)
    (tmp_path / "gatehouse.toml").write_text('[prices.iris]\ncall = 0.002\n[[limits.rules]]\nmodel = "iris"\nrate = "3/60s"\n')
    house.start("--config", str(tmp_path / "gatehouse.toml"), variables={"GATEHOUSE_LIMITS_KEY_GENERATION": "1/60s"})
    eventually(lambda: house.ask("GET", "/v2/models/iris/ready").status == 200, 60, "the model")
    refused(infer(house, rows(shape=[1, 3])))
    for _ in range(3):
        answer = infer(house, rows())
        assert answer.status == 200 and answer.headers["x-gatehouse-cost"] == "0.002", answer.body
    answer = infer(house, rows())
    refused(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    eventually(lambda: command(house, "usage", "--tenant", "demo")[0]["requests"] == 3, 10, "its row")
    records = [one for one in house.ask("GET", "/api/audit?limit=50").json()["data"] if one["action_type"] == "infer"]
    assert {one["resource_id"] for one in records} == {"iris"} and sum(one["success"] for one in records) == 3


def test_many_bytes_are_one_call(hall):
    rows_sent = 200_000
    raw = struct.pack("<4f", *SETOSA) * rows_sent
    header = {"inputs": [{"name": "X", "shape": [rows_sent, 4], "datatype": "FP32", "parameters": {"binary_data_size": len(raw)}}], "outputs": [{"name": "label", "parameters": {"binary_data": True}}]}
    body, headers = binary(header, raw)
    answer = infer(hall, body, headers=headers)
    assert answer.status == 200 and answer.body.endswith(b"\0" * 8 * rows_sent)
