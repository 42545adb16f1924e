{{- define "ohmstead.labels" -}}
app.kubernetes.io/name: ohmstead
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ohmstead.selector" -}}
app.kubernetes.io/name: ohmstead
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "ohmstead.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "ohmstead.env" -}}
- name: OHMSTEAD_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.database.existingSecret | quote }}, key: {{ .Values.database.key | quote }} } }
- { name: OHMSTEAD_PUBLIC_URL, value: {{ .Values.publicUrl | quote }} }
- { name: OHMSTEAD_GATEWAY__PUBLIC_NAME, value: {{ .Values.publicName | quote }} }
- { name: OHMSTEAD_GATEWAY__PUBLIC_WSS_URL, value: {{ printf "wss://%s:%d/ocpp" .Values.publicName (int .Values.gateway.service.port) | quote }} }
{{- with .Values.busUrl }}
- { name: OHMSTEAD_BUS_URL, value: {{ . | quote }} }
{{- end }}
{{- range $name, $value := .Values.settings }}
- { name: OHMSTEAD_{{ $name | replace "." "__" | upper }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "ohmstead.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: data, mountPath: /var/lib/ohmstead }
  - { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "ohmstead.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: data
    persistentVolumeClaim: { claimName: {{ .Values.data.existingClaim | default (printf "%s-data" .Release.Name) | quote }} }
  - { name: tmp, emptyDir: {} }
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
