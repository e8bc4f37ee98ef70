# ./run bench http
exec /usr/bin/python3 bench/harness/http_ratio.py "$@"
