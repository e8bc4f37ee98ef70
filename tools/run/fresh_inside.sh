# The part of ./run test fresh that runs in the bare system: clone, ./run serve, the printed curl line, ./run serve, ./run test.
set -eu
out=/tmp/serve.out err=/tmp/serve.err
passed=0
pid=

say() { printf '%s\n' "$*"; }
wrong() {
  say "--- fresh: $*"
  [ -z "$pid" ] || end_within 5 # its log is whole only when it has ended
  [ ! -s "$err" ] || tail -n 40 "$err"
  say "$passed passed, 1 failed"
  exit 1
}
holds() {
  passed=$((passed + 1))
  say "fresh: $*"
}
end_within() { # end_within SECONDS
  kill -TERM "$pid" 2>/dev/null || return 0
  for _ in $(seq "$1"); do
    sleep 1
    kill -0 "$pid" 2>/dev/null || return 0
  done
  kill -KILL "$pid" 2>/dev/null || true
}
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# serve SECONDS: starts ./run serve; returns when the ready line stands there, with the time that it took in $took.
serve() {
  begin=$(milliseconds)
  : >"$out"
  date -u '+begun at %T.%3N' >"$err"
  ./run serve >"$out" 2>>"$err" </dev/null &
  pid=$!
  until grep -q '^gatehouse ready: http://127.0.0.1:8080 (admin http://127.0.0.1:8081)$' "$out"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      code=0
      wait "$pid" || code=$?
      pid=
      wrong "./run serve ended with $code before it was ready"
    fi
    took=$(($(milliseconds) - begin))
    [ "$took" -lt $(($1 * 1000)) ] || wrong "./run serve was not ready after $1 s"
    sleep 0.02
  done
  took=$(($(milliseconds) - begin))
}

stop() {
  code=0
  kill -TERM "$pid"
  wait "$pid" || code=$?
  pid=
  [ "$code" = 0 ] || wrong "after SIGTERM ./run serve ended with $code, not 0"
}

git clone -q /tmp/checkout.bundle "$HOME/gatehouse" || wrong "git clone failed"
cd "$HOME/gatehouse"

serve 3600
holds "the first ./run serve was ready after $((took / 1000)) s"
line=$(sed -n 's/^ *\(curl .*\)$/\1/p' "$out" | head -n 1)
[ -n "$line" ] || wrong "the first start printed no curl line"
answer=$(sh -c "$line" 2>/dev/null) || wrong "the printed curl line failed: $(echo "$line" | sed 's/gh_[^ "'\'']*/gh_…/')"
text=$(printf '%s' "$answer" | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["choices"][0]["message"]["content"])') ||
  wrong "the printed curl line answered: $answer"
[ -n "$(printf '%s' "$text" | tr -d '[:space:]')" ] || wrong "the answer to the printed curl line is empty: $answer"
holds "the printed curl line answered: $text"
stop
holds "SIGTERM ends it with exit 0"

serve 60
[ "$took" -le 3000 ] || wrong "the second ./run serve was ready after $took ms, not within 3000"
grep -q 'First start' "$out" && wrong "the second start calls itself the first"
holds "the second ./run serve was ready after $took ms"
stop
[ -z "$(git status --porcelain)" ] || wrong "serving left files that git sees: $(git status --porcelain | head -n 5)"
holds "serving leaves nothing that git sees"

begin=$(milliseconds)
./run test </dev/null >/tmp/test.out 2>/tmp/test.err && code=0 || code=$?
tail -n 8 /tmp/test.out
if [ "$code" != 0 ]; then
  grep -A 30 '^---' /tmp/test.out | head -n 60
  err=/tmp/test.err
  wrong "./run test ended with $code"
fi
holds "./run test took $((($(milliseconds) - begin) / 1000)) s"
say "$passed passed, 0 failed"
