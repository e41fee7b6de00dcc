#!/usr/bin/env bash
# Runs a command beside two servers that speak Cognito's protocol, and stops both whatever happens:
#
#   tests/live/servers.sh cargo test --package cognito-idp --features full --test 'live_*'
#
# Tests that need the servers are ignored elsewhere; a `cargo test` behind this script runs them.
# The command finds the servers through COGNITO_LIVE_*, has no standard input, and gives the exit status.
# MiniStack checks signatures and IAM policies, hence the access key; moto takes any credentials.
# Everything lives under target/live: the Python packages (kept until the pins change) and the logs.
set -euo pipefail

if (($# == 0)); then
  echo "usage: $0 COMMAND [ARGUMENT...]" >&2
  exit 2
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
live=$(cd "$here/../.." && pwd)/target/live
mkdir -p "$live"
groups=()

main() {
  (
    # Two first runs at once must not build the same environment.
    if command -v flock >/dev/null; then flock 9; fi
    install_pins ministack
    install_pins moto
  ) 9>"$live/lock"

  scratch=$(mktemp -d "$live/run.XXXXXX")
  trap stop EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  read -r ministack_port moto_port <<<"$(ask free-ports 2)"
  start_server ministack -m ministack
  start_server moto -m moto.server -H 127.0.0.1 -p "$moto_port"
  await ministack "${groups[0]}" "$ministack_port" /_ministack/ready
  await moto "${groups[1]}" "$moto_port" /moto-api/

  local key key_id secret
  key=$(ask iam-user "$ministack_port")
  read -r key_id secret <<<"$key"
  export COGNITO_LIVE_MINISTACK_URL=http://127.0.0.1:$ministack_port
  export COGNITO_LIVE_MINISTACK_ACCESS_KEY_ID=$key_id
  export COGNITO_LIVE_MINISTACK_SECRET_ACCESS_KEY=$secret
  COGNITO_LIVE_MINISTACK_TRIGGER_ARN=$(ask trigger "$ministack_port")
  export COGNITO_LIVE_MINISTACK_TRIGGER_ARN
  export COGNITO_LIVE_MOTO_URL=http://127.0.0.1:$moto_port

  if [[ "$1 ${2-}" == "cargo test" ]]; then
    if [[ " $* " != *" -- "* ]]; then set -- "$@" --; fi
    set -- "$@" --include-ignored
  fi
  # In the background, because bash acts on a signal at once only while it waits.
  start "$@"
  local status=0
  wait "${groups[2]}" || status=$?
  exit "$status"
}

# install_pins NAME: the Python environment of that server, unless it stands with these very pins.
install_pins() {
  local pins=$here/requirements-$1.txt environment=$live/$1
  if cmp -s "$pins" "$environment/installed.txt" && "$environment/bin/python" -c ''; then
    return
  fi
  echo "installing $1 into $environment" >&2
  python3 -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins"
  cp "$pins" "$environment/installed.txt"
}

# start_server NAME PYTHON_ARGUMENT...: with a bare environment, so that no mail relay, proxy or AWS
# profile of the machine reaches it. The settings are MiniStack's; moto does not look at them.
start_server() {
  local name=$1
  shift
  start env -i PATH="$PATH" LANG=C.UTF-8 HOME="$scratch" TMPDIR="$scratch" STATE_DIR="$scratch" \
    BIND_HOST=127.0.0.1 GATEWAY_PORT="$ministack_port" SERVICES=cognito-idp,iam,sts,ses,sns,lambda,secretsmanager \
    AUTH=true AWS_ACCESS_KEY_ID=test IOT_MTLS_ENABLED=0 \
    "$live/$name/bin/python" "$@" >"$live/$name.log" 2>&1
}

# start COMMAND...: in a process group of its own, so that its children can be stopped with it.
start() {
  set -m
  "$@" </dev/null &
  set +m
  groups+=("$!")
}

# await NAME PID PORT PATH: at most some 30 seconds.
await() {
  for _ in {1..120}; do
    if ask ready "$3" "$4"; then return; fi
    if ! kill -0 "$2" 2>/dev/null; then break; fi
    sleep 0.2
  done
  echo "$1 did not start; the end of $live/$1.log:" >&2
  tail -n 40 "$live/$1.log" >&2
  exit 1
}

ask() {
  "$live/ministack/bin/python" "$here/servers.py" "$@"
}

# Ends exactly the process groups that were started here, the command's first: asks, then insists.
# shellcheck disable=SC2329 # the EXIT trap calls it
stop() {
  trap '' HUP INT TERM
  local position group
  for ((position = ${#groups[@]} - 1; position >= 0; position--)); do
    group=${groups[position]}
    kill -TERM -- "-$group" 2>/dev/null || continue
    for _ in {1..50}; do
      kill -0 -- "-$group" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -KILL -- "-$group" 2>/dev/null || true
  done
  rm -rf "$scratch"
}

main "$@"
