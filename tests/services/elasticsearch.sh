#!/usr/bin/env bash
# A real Elasticsearch node on loopback, for tests: elasticsearch.sh [PORT]. Data under var/services.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
port=${1:-19200}
command -v java > /dev/null || missing Java "openjdk-17-jdk-headless maven unzip curl"
[ -e "$home/elasticsearch/modules/transport-netty4/plugin-descriptor.properties" ] ||
    command -v mvn > /dev/null || missing Maven "maven unzip curl"
"$here/elasticsearch/serve.sh" "$home/elasticsearch" "$port"
announce TEST_ELASTICSEARCH_URL "http://127.0.0.1:$port"
