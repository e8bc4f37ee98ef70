# ./run bench jose
exec /usr/bin/python3 bench/harness/jose_ratio.py "$@"
