// The CustomResourceDefinitions of the Prometheus operator, which lie in its module as files; nothing is built from it.
module wharfinger.dev/embedded/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.80.1
