#!/usr/bin/env bash
# install-node.sh VERSION [NAME]: installs that Node into .cache, if it is not there, and prints the path of its program.
# NAME is the folder; default is node- and the major version.
# The npm packages node-<platform>-<arch> contain the official builds, and have no install scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
dir=.cache/${2:-node-${version%%.*}}
package=node-$(node -p 'process.platform + "-" + process.arch')
binary=$dir/node_modules/$package/bin/node
if [ ! -x "$binary" ]; then
  echo "installing Node $version into $dir" >&2
  npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error --prefix "$dir" "$package@$version" >&2
fi
echo "$PWD/$binary"
