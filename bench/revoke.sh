# ./run bench revoke
exec /usr/bin/python3 bench/harness/revoke_delay.py "$@"
