# llama-server of the llama.cpp version that Gatehouse runs on, out of the same pinned package, into the user's cache. Sourced by bench/peers.sh.
# Beside it stand hard links to the libraries that Gatehouse loads: both servers compute by the same code.

llama_server="$cache/peers/llama-server-$llama_version/llama-server"

build_llama_server() {
  made_of=$(cat bench/peers/CMakeLists.txt bench/peers/no_images.cc bench/peers/decode_clock.cc bench/peers/ui.h | sha256sum | cut -d' ' -f1)
  [ -x "$llama_server" ] && [ "$(cat "${llama_server%/*}/made_of" 2>/dev/null)" = "$made_of" ] && return 0
  rm -rf "${llama_server%/*}"
  fetching compile_llama_server
}

compile_llama_server() {
  say "fetching the sources of llama-server $llama_version (36 MB)"
  fetch_llama_source
  mkdir -p "$work/source" "$work/server" "$cache/peers"
  git --git-dir="$work/source.git" archive HEAD include ggml/include common vendor tools/server tools/mtmd | tar -x -C "$work/source"
  say "building llama-server $llama_version (about five minutes of CPU time)"
  launcher=$(command -v ccache || true)
  quietly "llama-server could not be configured" cmake -G Ninja -S bench/peers -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DLLAMA_SOURCE="$work/source" \
    -DLLAMA_LIBRARIES="$cache/llama-$llama_version/lib"
  CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1 quietly "llama-server could not be built" nice -n 10 ninja -j2 -C "$work/build" llama-server
  cp -l "$cache/llama-$llama_version"/lib/*.so "$work/server/"
  cp "$work/build/llama-server" "$work/server/"
  echo "$made_of" >"$work/server/made_of"
  settle "$work/server" "${llama_server%/*}"
}
