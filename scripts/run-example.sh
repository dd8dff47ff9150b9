#!/usr/bin/env bash
# run-example.sh NAME: runs examples/NAME.ts with a Node that has node:sqlite: this one, or Node 24, which is then installed into
# .cache.
set -euo pipefail
cd "$(dirname "$0")/.."
node=node
if ! node -e 'require("node:sqlite")' 2>/dev/null; then
  node=$(bash scripts/install-node.sh 24.21.0)
fi
# Node prints a warning that node:sqlite is experimental.
NODE_NO_WARNINGS=1 exec "$node" node_modules/tsx/dist/cli.mjs "examples/$1.ts"
