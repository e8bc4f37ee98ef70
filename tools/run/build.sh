# Configure and build. Sourced by ./run.

presets="release dev gcc asan tsan fuzz"

# configure PRESET: only when the folder is new or the presets have changed; ninja itself sees changed CMake files.
configure() {
  case " $presets " in *" $1 "*) ;; *) fail 2 "no preset '$1'; there are: $presets" ;; esac
  sum=$(cksum <CMakePresets.json)
  [ -f "build/$1/build.ninja" ] && [ "$(cat "build/$1/.preset" 2>/dev/null)" = "$sum" ] && return 0
  say "configuring build/$1"
  mkdir -p "build/$1"
  cmake --preset "$1" >"build/$1/configure.log" 2>&1 || {
    tail -n 30 "build/$1/configure.log" >&2
    fail 1 "cmake could not configure $1"
  }
  echo "$sum" >"build/$1/.preset"
}

# build PRESET [TARGET...]: says nothing when there is nothing to do.
build() {
  configure "$1"
  folder="build/$1"
  shift
  # Two runs, because what is to do may be known only after CMake has looked at the folders again.
  case "$(ninja -C "$folder" -n "$@" 2>&1)" in *"no work to do"*) return 0 ;; esac
  say "building $folder${*:+: $*}"
  ninja -C "$folder" "$@" >&2 || fail 1 "the build of $folder failed"
}
