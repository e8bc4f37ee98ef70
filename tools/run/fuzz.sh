# ./run fuzz [TARGET [SECONDS]]. Sourced by ./run. New inputs go to build/fuzz/fuzz/found/TARGET; what is worth keeping is
# copied from there into fuzz/corpus/TARGET by hand. A crash leaves its input in build/fuzz/fuzz/.

fuzz_targets() {
  targets=$(ls fuzz | sed -n 's/^fuzz_\(.*\)\.cc$/\1/p')
  only=${1:-all}
  seconds=${2:-20}
  only=${only#fuzz_}
  if [ "$only" != all ]; then
    [ -f "fuzz/fuzz_$only.cc" ] || fail 2 "no fuzz target '$only'; there are: $(echo ${targets:-none yet})"
    targets=$only
  fi
  [ -n "$targets" ] || { say "no fuzz targets yet"; return 0; }
  build fuzz $(printf 'fuzz_%s ' $targets)
  failed=
  export ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer
  for target in $targets; do
    say "fuzz $target, $seconds s"
    mkdir -p "build/fuzz/fuzz/found/$target" "fuzz/corpus/$target"
    "build/fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/fuzz/$target-" "build/fuzz/fuzz/found/$target" "fuzz/corpus/$target" >"build/fuzz/fuzz/$target.log" 2>&1 </dev/null ||
      { failed="$failed $target"; tail -n 40 "build/fuzz/fuzz/$target.log" >&2; }
    grep -E 'number_of_executed_units|new_units_added' "build/fuzz/fuzz/$target.log" >&2 || true
  done
  [ -z "$failed" ] || fail 1 "failed:$failed"
}
