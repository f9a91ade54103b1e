{{- define "wharfinger.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "wharfinger.selector" -}}
app.kubernetes.io/name: wharfinger
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "wharfinger.labels" -}}
{{ include "wharfinger.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Names of cluster-wide objects carry the namespace: two releases of one name may live in two namespaces. */}}
{{- define "wharfinger.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "wharfinger.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "wharfinger.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (.image.tag | default .version) -}}
{{- end -}}
{{- end -}}

{{/* Not empty: NodeTrusts are looked after. */}}
{{- define "wharfinger.nodeTrust" -}}
{{- if and (.Values.nodeTrust).enabled (not .Values.watchNamespaces) -}}true{{- end -}}
{{- end -}}

{{- define "wharfinger.nodeTrustNamespace" -}}
{{- .Values.nodeTrust.namespace | default (printf "%s-nodes" .Release.Namespace | trunc 63 | trimSuffix "-") -}}
{{- end -}}

{{/* A release from before could be scraped from everywhere, and is until there is a value: helm upgrade --reuse-values knows no new defaults. */}}
{{- define "wharfinger.metricsNamespaces" -}}
{{- $named := .Values.networkPolicy.metricsNamespaces -}}
{{- if kindIs "invalid" $named -}}{{- list "*" | toYaml -}}{{- else -}}{{- $named | toYaml -}}{{- end -}}
{{- end -}}
