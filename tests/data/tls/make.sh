#!/usr/bin/env bash
# Makes the certificates of the TLS tests anew, valid for a hundred years. The keys guard nothing but those tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

main() {
  authority ca
  authority other-ca
  issue server serverAuth DNS:localhost,DNS:pool.test,IP:127.0.0.1
  issue client clientAuth DNS:client.test
  # Nobody needs to issue more.
  rm ca.key other-ca.key
}

authority() {
  certificate "$1" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}

issue() {
  certificate "$1" -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext "extendedKeyUsage=$2" -addext "subjectAltName=$3"
}

certificate() {
  local name=$1
  shift
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=$name" "$@" \
    -keyout "$name.key" -out "$name.pem" 2>/dev/null
}

main
