"""Models that are put away and brought back, by command, by idleness, and by what memory there is."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading

import pytest
from house import BINARY, MODEL, ROOT, eventually, read_stream, run
from tiny_gguf import make

SMALL = "engine.llama.context = 512\nengine.llama.sequences = 2\n"


def models(house):
    return {model["name"]: model for model in json.loads(run("model", "list", "--data", house.data, "--json").stdout)}


def command(house, *words):
    return run("model", *words, "--data", house.data, "--json")


def question(house, **fields):
    return house.chat("What is the capital of France?", max_tokens=16, **fields)


@pytest.fixture
def second(tmp_path):
    """A folder with a copy of the shipped model, called second."""
    shutil.copytree(ROOT / "models" / MODEL, tmp_path / "models" / "second")
    return tmp_path / "models"


def configured(tmp_path, text):
    (tmp_path / "g.toml").write_text(SMALL + text)
    return tmp_path / "g.toml"


def test_two_models_side_by_side_one_put_away_and_brought_back(new_house, tmp_path, second):
    house = new_house("--models", second, "--config", configured(tmp_path, ""))
    eventually(lambda: models(house)["second"]["state"] == "ready", 30, "the second model")
    assert len(house.children()) == 2
    assert {model["id"] for model in house.ask("GET", "/v1/models").json()["data"]} >= {MODEL, "second"}
    with house.stream("/v1/chat/completions", {"model": "second", "messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 200, "temperature": 0}) as answer:
        ended = []
        reader = threading.Thread(target=lambda: ended.append(read_stream(answer)))
        reader.start()
        eventually(lambda: house.gauge("gatehouse_sequences") == 1, what="an answer")
        away = command(house, "unload", "second")
        reader.join(60)
    assert away.returncode == 0 and json.loads(away.stdout)["state"] == "gone", away
    ((chunks, done),) = ended
    assert done and chunks[-1]["choices"][0]["finish_reason"] in ("stop", "length"), "what ran was finished"
    eventually(lambda: len(house.children()) == 1, what="the end of its process")
    refused = question(house, model="second")
    assert refused.status == 503 and refused.json()["error"]["code"] == "model_unloaded"
    assert question(house).status == 200 and house.ask("GET", "/readyz", headers={}).status == 200, "the other one serves on"
    back = command(house, "load", "second/1")
    assert back.returncode == 0 and json.loads(back.stdout)["state"] == "ready", back
    assert question(house, model="second").status == 200
    missing, version = command(house, "load", "third"), command(house, "load", "second/7")
    assert missing.returncode == 1 and b"third" in missing.stderr
    assert version.returncode == 1 and b"has no version 7, but 1" in version.stderr
    assert house.stop() == 0


def test_the_required_model_put_away_is_not_ready(new_house, tmp_path):
    house = new_house("--config", configured(tmp_path, ""))
    assert command(house, "unload", MODEL).returncode == 0
    assert house.ask("GET", "/readyz", headers={}).status == 503
    assert house.ask("POST", f"/api/admin/models/{MODEL}/load").status == 403, "that takes an administrator of the platform"
    assert command(house, "load", MODEL).returncode == 0
    assert house.ask("GET", "/readyz", headers={}).status == 200
    assert house.stop() == 0


def test_what_does_not_fit_into_memory_is_refused_with_figures(new_house, tmp_path, second):
    house = new_house("--models", second, "--config", configured(tmp_path, ""))
    assert house.stop() == 0
    too_much = tmp_path / "h.toml"
    too_much.write_text(f"models.required = ['{MODEL}']\nengine.llama.context = 8192\nengine.llama.sequences = 256\n")
    house.start("--config", str(too_much))
    found = models(house)[MODEL]
    assert found["state"] == "failed" and "GiB of memory" in found["reason"], found
    assert house.ask("GET", "/readyz", headers={}).status == 503 and question(house).status == 503
    tried = command(house, "load", MODEL)
    assert tried.returncode == 1 and b"can be had" in tried.stderr, tried
    assert house.stop() == 0


def test_a_lazy_model_is_loaded_for_who_asks_and_sleeps_again(new_house, tmp_path, second):
    house = new_house("--models", second, "--config", configured(tmp_path, 'models.lazy = true\nmodels.sleep_after = "3s"\n'))
    assert models(house)["second"]["state"] == "declared"
    eventually(lambda: models(house)[MODEL]["state"] == "declared" and not house.children(), 15, "sleep")
    assert house.ask("GET", "/readyz", headers={}).status == 200
    told = []
    clients = [threading.Thread(target=lambda: told.append(question(house, model="second").status)) for _ in range(4)]
    for one in clients:
        one.start()
    for one in clients:
        one.join(60)
    assert told == [200] * 4
    assert models(house)["second"]["state"] == "ready" and len(house.children()) == 1
    eventually(lambda: not house.children(), 15, "sleep")
    assert house.gauge("gatehouse_engine_restarts_total") == 0
    assert house.stop() == 0


def test_a_file_is_imported_and_served(new_house, tmp_path):
    (weights,) = (ROOT / "models" / MODEL / "1").glob("*.gguf")
    made = subprocess.run([BINARY, "model", "import", weights, "--name", "mine", "--json"], cwd=tmp_path, capture_output=True, timeout=120)
    assert made.returncode == 0, made.stderr
    model = json.loads(made.stdout)
    assert model["context"] == 8192 and model["vocabulary"] == 49152 and model["chat_template"] is True and model["state"] == "declared"
    manifest = tmp_path / "models" / "mine" / "1" / "model.toml"
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == model["sha256"] and model["sha256"] in manifest.read_text()
    again = subprocess.run([BINARY, "model", "import", weights, "--name", "mine"], cwd=tmp_path, capture_output=True, timeout=120)
    assert again.returncode == 1 and b"is there already" in again.stderr
    house = new_house("--models", tmp_path / "models", "--config", configured(tmp_path, 'models.default_llm = "mine"\n'))
    assert question(house, model="mine").status == 200
    needed, taken = model["memory_bytes"], house.gauge("gatehouse_engine_resident_memory_bytes")
    assert needed > 0 and taken > 0
    assert house.stop() == 0


def test_a_file_is_imported_in_another_layout_and_answers_as_before(new_house, tmp_path):
    (weights,) = (ROOT / "models" / MODEL / "1").glob("*.gguf")
    made = subprocess.run([BINARY, "model", "import", weights, "--name", "mine", "--quantize", "q8_0", "--json"], cwd=tmp_path, capture_output=True, timeout=120)
    assert made.returncode == 0, made.stderr
    model = json.loads(made.stdout)
    written = tmp_path / "models" / "mine" / "1" / "model.gguf"
    assert model["layout"] == "q8_0" and model["bytes"] == written.stat().st_size > 1.2 * weights.stat().st_size
    assert model["sha256"] == hashlib.sha256(written.read_bytes()).hexdigest()
    was, now = model["speed"]
    assert (was["layout"], now["layout"]) == ("q4_1", "q8_0") and was["bytes"] < now["bytes"]
    assert all(tried[figure] > 0 for tried in (was, now) for figure in ("threads", "prefill", "decode_1", "decode_4", "decode_16"))
    (tmp_path / "models" / "mine" / "1" / "model.toml").open("a").write('\n[chat]\nsystem_prompt = "You are a helpful AI assistant."\n')
    house = new_house("--models", tmp_path / "models", "--config", configured(tmp_path, ""))
    eventually(lambda: models(house)["mine"]["state"] == "ready", 30, "the new model")
    told = [question(house, model=name, temperature=0).json()["choices"][0]["message"]["content"] for name in (MODEL, "mine")]
    assert told == ["The capital of France is Paris."] * 2
    assert house.stop() == 0


def test_what_no_engine_loads_is_not_imported(tmp_path):
    whole, _, _ = make()
    (tmp_path / "good.gguf").write_bytes(whole)
    (tmp_path / "bad.gguf").write_bytes(whole.replace(b"blk.0.attn_q.weight", b"blk.0.attn_x.weight"))
    good = subprocess.run([BINARY, "model", "import", "good.gguf", "--quantize", "q4_0"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert good.returncode == 0 and "Tokens a second on this machine" in good.stdout and "no chat template" in good.stderr, good
    for layout in ([], ["--quantize", "q8_0"]):
        bad = subprocess.run([BINARY, "model", "import", "bad.gguf", *layout], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert bad.returncode == 1 and bad.stdout == "" and "llama.cpp cannot load" in bad.stderr, bad
        assert not list((tmp_path / "models").glob("bad/*")), "nothing is left"


def test_what_does_not_get_any_further_is_given_up(tmp_path):
    whole, _, _ = make()
    (tmp_path / "slow.gguf").write_bytes(whole)
    importing = subprocess.Popen([BINARY, "model", "import", "slow.gguf", "--patience", "2s"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    (child,) = eventually(lambda: pathlib.Path(f"/proc/{importing.pid}/task/{importing.pid}/children").read_text().split(), 60, "the child that tries it")
    os.kill(int(child), signal.SIGSTOP)  # as if it loaded for ever
    out, said = importing.communicate(timeout=60)
    assert importing.returncode == 1 and out == b"" and b"--patience" in said, said
    assert not list((tmp_path / "models").glob("slow/*")), "nothing is left"
    wrong = subprocess.run([BINARY, "model", "import", "slow.gguf", "--patience", "soon"], cwd=tmp_path, capture_output=True, timeout=60)
    assert wrong.returncode == 1 and b"such as 10m" in wrong.stderr


@pytest.mark.parametrize(("content", "said"), [(b"PK\x03\x04 an archive", b"no GGUF file"), (b"", b"no GGUF file"), ("cut", b"cut short"), ("damaged", b"model.gguf")])
def test_what_is_no_model_is_refused_with_the_reason(tmp_path, content, said):
    (weights,) = (ROOT / "models" / MODEL / "1").glob("*.gguf")
    whole = weights.read_bytes()
    if content == "cut":
        content = whole[: len(whole) // 2]
    if content == "damaged":
        content = whole[:8] + b"\xff" * 16 + whole[24:]
    (tmp_path / "model.gguf").write_bytes(content)
    refused = subprocess.run([BINARY, "model", "import", "model.gguf", "--name", "mine"], cwd=tmp_path, capture_output=True, timeout=120)
    assert refused.returncode == 1 and said in refused.stderr and refused.stdout == b"", refused
    assert not list((tmp_path / "models" / "mine").glob("*")), "nothing is left"
