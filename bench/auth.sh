# ./run bench auth
exec /usr/bin/python3 bench/harness/auth_ratio.py "$@"
