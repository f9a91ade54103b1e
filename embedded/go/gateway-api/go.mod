// The CustomResourceDefinitions of the Gateway API, which lie in its module as files; nothing is built from it.
module wharfinger.dev/embedded/gateway-api

go 1.26.0

require sigs.k8s.io/gateway-api v1.4.1
