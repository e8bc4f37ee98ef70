# ./run bench peers
say() { printf '%s\n' "$*" >&2; }
fail() {
  code=$1
  shift
  say "$*"
  exit "$code"
}
. tools/run/fetch.sh
. bench/peers/build.sh
build_llama_server
exec /usr/bin/python3 bench/harness/peer_ratio.py --llama-server "$llama_server" "$@"
