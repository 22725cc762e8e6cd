{{- define "gridward.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of a part's objects. Call with (list $ "component"). */}}
{{- define "gridward.part" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" (include "gridward.name" $root) (index . 1 | replace "_" "-") | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gridward.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: gridward
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 | replace "_" "-" }}
{{- end -}}

{{- define "gridward.labels" -}}
{{- $root := index . 0 -}}
{{ include "gridward.selector" . }}
app.kubernetes.io/part-of: gridward
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{/* Every workload, completed from the defaults, by name: services as they are, plugins as pods of host. */}}
{{- define "gridward.workloads" -}}
{{- $all := dict -}}
{{- range $name, $own := .Values.services -}}
{{- $one := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy (default dict $own)) -}}
{{- if $one.enabled -}}
{{- $_ := set $one "image" (default $name $one.image) -}}
{{- $_ := set $one "key" (default $name $one.key) -}}
{{- $_ := set $one "plugin" false -}}
{{- if not $one.args -}}{{- $_ := set $one "args" (list (printf "services.%s" $name)) -}}{{- end -}}
{{- $_ := set $all $name $one -}}
{{- end -}}
{{- end -}}
{{- range $name, $own := include "gridward.releases" . | fromJson -}}
{{- $alone := not $.Values.departments.database -}}
{{- $host := dict "serves" "nothing" "calls" (list "registry" "incidents") "events" true "objects" true "state" (dict "path" "/var/lib/gridward" "enabled" $alone) "drainSeconds" 15
  "database" (not $alone) "role" "host" "autoscaling" (dict "enabled" false) "resources" (dict "requests" (dict "cpu" "20m" "memory" "128Mi")) -}}
{{- $one := mergeOverwrite (deepCopy $.Values.defaults) $host $own -}}
{{- if $alone -}}{{- $_ := set $one "replicas" 1 -}}{{- $_ := set $one "autoscaling" (dict "enabled" false "queue" "") -}}{{- end -}}
{{- if $one.enabled -}}
{{- $_ := set $one "image" (default "host" $one.image) -}}
{{- $_ := set $one "key" (default "host" $one.key) -}}
{{- $_ := set $one "plugin" true -}}
{{- if not $one.args -}}{{- $_ := set $one "args" (concat (list "services.host") $one.departments) -}}{{- end -}}
{{- $_ := set $all (printf "host-%s" ($name | replace "_" "-")) $one -}}
{{- end -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* Every entry of plugins, and each release that runs beside it: what the entry says, unless the release says otherwise. */}}
{{- define "gridward.releases" -}}
{{- $all := dict -}}
{{- range $name, $given := .Values.plugins -}}
{{- $own := omit (default dict $given) "releases" -}}
{{- $_ := set $all $name (deepCopy $own) -}}
{{- range $release, $differs := (default dict $given).releases -}}
{{- $one := mergeOverwrite (deepCopy $own) (dict "enabled" true) -}}
{{- if (default dict $differs).tag -}}{{- $_ := set $one "digest" "" -}}{{- end -}}
{{- $one = mergeOverwrite $one (deepCopy (default dict $differs)) (dict "release" $release) -}}
{{- $queue := dig "autoscaling" "queue" "" $own -}}
{{- if and $queue (not (dig "autoscaling" "queue" "" (default dict $differs))) -}}
{{- $_ := set $one.autoscaling "queue" (printf "%s@%s" $queue $release) -}}
{{- end -}}
{{- $_ := set $all (printf "%s-%s" $name $release) $one -}}
{{- end -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* Under which names the gateway finds the programs that a pod runs, as a list. Call with (list name workload). */}}
{{- define "gridward.served" -}}
{{- $one := index . 1 -}}
{{- $names := list -}}
{{- if and $one.plugin (not $one.departments) -}}{{- $names = list (index . 0) -}}{{- end -}}
{{- range $department := $one.plugin | ternary $one.departments list -}}
{{- $names = append $names (trimSuffix "-" (printf "host-%s-%s" $department (default "" $one.release))) -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* Where the gateway asks after departments: at the pod that runs all that are installed, or each at its own. */}}
{{- define "gridward.hostUrl" -}}
{{- $root := index . 0 -}}
{{- $found := "" -}}
{{- range $name, $one := index . 1 -}}
{{- if $one.plugin -}}{{- if not $one.departments -}}{{- $found = $name -}}{{- else if not $found -}}{{- $found = "host-{plugin}" -}}{{- end -}}{{- end -}}
{{- end -}}
{{- with $found -}}http://{{ include "gridward.part" (list $root .) }}{{- end -}}
{{- end -}}

{{/* Call with (list $ image), or with (list $ image tag digest) for one that goes by a version of its own. */}}
{{- define "gridward.image" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $image := printf "%s-%s" $root.Values.image.repository $name -}}
{{- if $root.Values.image.registry -}}{{- $image = printf "%s/%s" $root.Values.image.registry $image -}}{{- end -}}
{{- $tag := default $root.Chart.AppVersion $root.Values.image.tag -}}
{{- $digest := index $root.Values.image.digests $name -}}
{{- if gt (len .) 2 -}}
{{- if or (index . 2) (index . 3) -}}{{- $tag = index . 2 -}}{{- $digest = index . 3 -}}{{- end -}}
{{- end -}}
{{- if $digest -}}{{ printf "%s@%s" $image $digest }}{{- else -}}{{ printf "%s:%s" $image $tag }}{{- end -}}
{{- end -}}

{{- define "gridward.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gridward.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gridward.authorityEnv" -}}
{{- if .Values.authorities.configMap }}
- {name: SSL_CERT_FILE, value: /etc/gridward/authorities/{{ .Values.authorities.key }}}
{{- end }}
{{- end -}}

{{- define "gridward.authorityMount" -}}
{{- if .Values.authorities.configMap }}
- {name: authorities, mountPath: /etc/gridward/authorities, readOnly: true}
{{- end }}
{{- end -}}

{{- define "gridward.authorityVolume" -}}
{{- with .Values.authorities.configMap }}
- name: authorities
  configMap: {name: {{ . }}}
{{- end }}
{{- end -}}

{{- define "gridward.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where an administrator's DSN lies: "secret/key", or nothing. */}}
{{- define "gridward.adminSecret" -}}
{{- if .Values.database.admin.existingSecret -}}{{ .Values.database.admin.existingSecret }}
{{- else if .Values.database.cluster.enabled -}}{{ include "gridward.part" (list . "postgres") }}-superuser
{{- end -}}
{{- end -}}

{{- define "gridward.amqpSecret" -}}
{{- if .Values.rabbitmq.cluster.enabled -}}{{ include "gridward.part" (list . "rabbitmq") }}-default-user
{{- else -}}{{ .Values.rabbitmq.existingSecret }}
{{- end -}}
{{- end -}}

{{- define "gridward.amqpKey" -}}
{{- if .Values.rabbitmq.cluster.enabled -}}connection_string{{- else -}}{{ .Values.rabbitmq.key }}{{- end -}}
{{- end -}}

{{/* A value as words: whole numbers stay whole, however large. */}}
{{- define "gridward.plain" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* What a process is told, as the data of its ConfigMap. Call with (list $ name workload workloads). */}}
{{- define "gridward.settings" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $one := index . 2 -}}{{- $all := index . 3 -}}
{{- $told := dict
  "GRIDWARD_ENVIRONMENT" $root.Values.environment
  "GRIDWARD_LOG_LEVEL" $root.Values.logLevel
  "GRIDWARD_METRICS_HOST" "0.0.0.0"
  "GRIDWARD_METRICS_PORT" "9100"
  "GRIDWARD_DRAIN_S" (toString $one.drainSeconds)
  "GRIDWARD_TRUST_FILE" "/etc/gridward/keys/trust.json"
  "GRIDWARD_SIGNING_KEY_FILE" (printf "/etc/gridward/keys/%s.json" $one.key) -}}
{{- if $one.seal -}}{{- $_ := set $told "GRIDWARD_SEAL_FILE" (printf "/etc/gridward/keys/%s.seal.json" $one.key) -}}{{- end -}}
{{- if and $root.Values.tracing.endpoint (has $one.serves (list "grpc" "http")) -}}
{{- $_ := set $told "GRIDWARD_OTLP_ENDPOINT" $root.Values.tracing.endpoint -}}
{{- $_ := set $told "GRIDWARD_TRACE_SHARE" (toString $root.Values.tracing.share) -}}
{{- end -}}
{{- if eq $one.serves "grpc" -}}
{{- $_ := set $told "GRIDWARD_LISTEN" "0.0.0.0:9000" -}}
{{- $_ := set $told "GRIDWARD_HEALTH_LISTEN" "0.0.0.0:9001" -}}
{{- $_ := set $told "GRIDWARD_CONNECTION_S" (toString $one.connectionSeconds) -}}
{{- $_ := set $told "GRIDWARD_LEAVE_S" "1" -}}
{{- else if eq $one.serves "http" -}}
{{- $_ := set $told "GRIDWARD_LISTEN" "0.0.0.0:8080" -}}
{{- $_ := set $told "GRIDWARD_GATEWAY_URL" $root.Values.public.url -}}
{{- with include "gridward.hostUrl" (list $root $all) -}}{{- $_ := set $told "GRIDWARD_HOST_URL" . -}}{{- end -}}
{{- $_ := set $told "GRIDWARD_FORWARDED_ALLOW_IPS" (join "," $root.Values.edge.trustedProxies) -}}
{{- if $root.Values.oidc.issuer -}}
{{- $_ := set $told "GRIDWARD_OIDC_ISSUER" $root.Values.oidc.issuer -}}
{{- $_ := set $told "GRIDWARD_OIDC_CLIENT_ID" $root.Values.oidc.clientId -}}
{{- end -}}
{{- end -}}
{{- if and $one.database (not $one.plugin) -}}{{- $_ := set $told "GRIDWARD_MIGRATE_AT_START" "false" -}}{{- end -}}
{{- if $one.objects -}}
{{- $_ := set $told "GRIDWARD_S3_ENDPOINT" $root.Values.objects.endpoint -}}
{{- $_ := set $told "GRIDWARD_S3_BUCKET" $root.Values.objects.bucket -}}
{{- $_ := set $told "GRIDWARD_S3_SECURE" (toString $root.Values.objects.secure) -}}
{{- end -}}
{{- if $one.state.path -}}{{- $_ := set $told "GRIDWARD_STATE_DIR" $one.state.path -}}{{- end -}}
{{- if $root.Values.mtls.enabled -}}
{{- $_ := set $told "GRIDWARD_TLS_CA_FILE" "/etc/gridward/tls/ca.crt" -}}
{{- $_ := set $told "GRIDWARD_TLS_CERTIFICATE_FILE" "/etc/gridward/tls/tls.crt" -}}
{{- $_ := set $told "GRIDWARD_TLS_KEY_FILE" "/etc/gridward/tls/tls.key" -}}
{{- end -}}
{{- if $one.plugin -}}
{{- with $one.release -}}{{- $_ := set $told "GRIDWARD_PLUGIN_RELEASE" . -}}{{- end -}}
{{- if $root.Values.departments.settings -}}{{- $_ := set $told "GRIDWARD_PLUGIN_SETTINGS_FILE" "/etc/gridward/departments/settings.toml" -}}{{- end -}}
{{- if $root.Values.departments.policy -}}{{- $_ := set $told "GRIDWARD_PLUGIN_POLICY_FILE" "/etc/gridward/departments/policy.toml" -}}{{- end -}}
{{- if $root.Values.departments.secrets -}}{{- $_ := set $told "GRIDWARD_PLUGIN_SECRETS_DIR" "/etc/gridward/secrets" -}}{{- end -}}
{{- end -}}
{{- range $called := $one.calls -}}
{{- if hasKey $all $called -}}
{{- $_ := set $told (printf "GRIDWARD_%s_ADDRESS" (upper $called)) (printf "dns:///%s:9000" (include "gridward.part" (list $root $called))) -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := merge (deepCopy $one.settings) (deepCopy $root.Values.settings) -}}
{{- $_ := set $told (printf "GRIDWARD_%s" (upper $key)) (include "gridward.plain" $value) -}}
{{- end -}}
{{- range $key, $value := $told }}
{{ $key }}: {{ $value | quote }}
{{- end -}}
{{- end -}}

{{/* What a process is told in secret. */}}
{{- define "gridward.secretSettings" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $one := index . 2 -}}
{{ include "gridward.authorityEnv" $root }}
{{- if $one.database }}
- name: GRIDWARD_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ $root.Values.secrets.database }}, key: {{ default $name $one.role }}}}
{{- end }}
{{- if $one.objects }}
{{ include "gridward.objectSecrets" $root }}
{{- end }}
{{- if and $one.events $root.Values.rabbitmq.enabled }}
- name: GRIDWARD_AMQP_URL
  valueFrom: {secretKeyRef: {name: {{ include "gridward.amqpSecret" $root }}, key: {{ include "gridward.amqpKey" $root }}}}
{{- end }}
{{- if and (eq $one.serves "http") $root.Values.oidc.existingSecret }}
- name: GRIDWARD_OIDC_CLIENT_SECRET
  valueFrom: {secretKeyRef: {name: {{ $root.Values.oidc.existingSecret }}, key: client_secret}}
{{- end }}
{{- end -}}

{{- define "gridward.objectSecrets" -}}
- name: GRIDWARD_S3_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.objects }}, key: access_key}}
- name: GRIDWARD_S3_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.objects }}, key: secret_key}}
{{- end -}}

{{/* The port of an S3 endpoint. */}}
{{- define "gridward.objectsPort" -}}
{{- $parts := splitList ":" .Values.objects.endpoint -}}
{{- if gt (len $parts) 1 -}}{{ last $parts }}{{- else -}}{{ .Values.objects.secure | ternary "443" "80" }}{{- end -}}
{{- end -}}

{{/* What must hold before anything is rendered. */}}
{{- define "gridward.check" -}}
{{- $all := include "gridward.workloads" . | fromJson -}}
{{- if not .Values.public.url -}}{{- fail "set public.url: the address people open" -}}{{- end -}}
{{- if not .Values.objects.endpoint -}}{{- fail "set objects.endpoint: host:port of an S3 service" -}}{{- end -}}
{{- if and (eq .Values.environment "production") (not .Values.oidc.issuer) -}}{{- fail "environment production needs oidc.issuer" -}}{{- end -}}
{{- if and .Values.backup.enabled (not .Values.backup.existingClaim) -}}{{- fail "backup.enabled needs backup.existingClaim" -}}{{- end -}}
{{- if and .Values.edge.httpRoute.enabled (not .Values.edge.httpRoute.parentRefs) -}}{{- fail "edge.httpRoute.enabled needs parentRefs" -}}{{- end -}}
{{- range $name, $one := $all -}}
{{- range $called := $one.calls -}}
{{- if and (not (hasKey $.Values.services $called)) -}}{{- fail (printf "%s calls %s, which is no service" $name $called) -}}{{- end -}}
{{- end -}}
{{- if and $one.autoscaling.queue (not $.Values.rabbitmq.enabled) -}}{{- fail (printf "%s: autoscaling.queue needs rabbitmq.enabled" $name) -}}{{- end -}}
{{- if and $one.release (not $one.departments) -}}{{- fail (printf "%s: a release beside another needs departments: which programs it runs" $name) -}}{{- end -}}
{{- if gt (int $one.autoscaling.min) (int $one.autoscaling.max) -}}{{- fail (printf "%s: autoscaling.min is above max" $name) -}}{{- end -}}
{{- end -}}
{{- end -}}
