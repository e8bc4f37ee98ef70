# ./run bench embeddings
python=tests/system/.venv/bin/python  # it has ONNX Runtime and Hugging Face's tokenizers
[ -x "$python" ] || { echo "the peer is in the environment of the system tests: ./run test makes it" >&2; exit 1; }
exec "$python" bench/harness/embeddings_ratio.py "$@"
