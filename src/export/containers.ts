import { stringify } from 'yaml'
import { version } from '../version.ts'
import { type ExportedFile, type Plan, writeFile } from './plan.ts'
import { caddySites } from './proxies.ts'

/** One line per value, and nothing by reference. */
const yamlStyle = { lineWidth: 0, aliasDuplicateObjects: false } as const

const image = `byoo:${version}`
const nameImage = `build the image (docker build -t ${image} .), push it to your registry, and name it at "image:"`

/** The part of byoo.yaml that `byoo serve` needs: no ids, teams or secrets. */
function serveConfig({ routes, siteVerification }: Plan): string {
  const config = {
    routes: routes.map(({ url, environment, environments, otherwise, target, provider, providers }) => ({
      url,
      ...(environments ? { environments, otherwise } : environment ? { environment } : { target }),
      ...(provider === undefined ? {} : { provider }),
      ...(providers === undefined ? {} : { providers }),
    })),
    ...(siteVerification.size > 0 ? { site_verification: Object.fromEntries(siteVerification) } : {}),
  }
  return stringify(config, yamlStyle)
}

/** byoo behind Caddy, which gets certificates by itself. */
export function compose(plan: Plan): ExportedFile[] {
  const services = {
    byoo: {
      image,
      restart: 'unless-stopped',
      environment: { BYOO_CONFIG: serveConfig(plan).replaceAll('$', '$$$$'), BYOO_BEHIND_PROXY: 'true' },
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: '128m',
      stop_grace_period: '10s',
    },
    caddy: {
      image: 'caddy:2',
      restart: 'unless-stopped',
      depends_on: { byoo: { condition: 'service_healthy' } },
      ports: ['80:80', '443:443', '443:443/udp'],
      configs: [{ source: 'caddyfile', target: '/etc/caddy/Caddyfile' }],
      volumes: ['caddy-data:/data', 'caddy-config:/config'],
    },
  }
  const notes = {
    install: [
      `${nameImage}, then docker compose up -d`,
      'ports 80 and 443 of this machine must be reached under the hosts of the routes: Caddy gets certificates there',
    ],
    limits: ['needs Docker Compose 2.23.1 or newer, for configs with content'],
  }
  const file = {
    services,
    configs: { caddyfile: { content: caddySites(plan, 'byoo:8080').replaceAll('$', '$$$$') } },
    volumes: { 'caddy-data': {}, 'caddy-config': {} },
  }
  return [writeFile(plan, 'compose.yaml', '#', notes, stringify(file, yamlStyle))]
}

const labels = { 'app.kubernetes.io/name': 'byoo' }
const selector = { matchLabels: labels }

const metadata = { name: 'byoo', labels }

function manifest(apiVersion: string, kind: string, spec: object): object {
  return { apiVersion, kind, metadata, spec }
}

/** Deployment, Service and what keeps them up; the two ways in are files of their own. */
export function kubernetes(plan: Plan): ExportedFile[] {
  const container = {
    name: 'byoo',
    image,
    args: ['serve', '--config', '/etc/byoo/byoo.yaml'],
    env: [
      { name: 'BYOO_HOST', value: '0.0.0.0' },
      { name: 'BYOO_BEHIND_PROXY', value: 'true' },
      { name: 'BYOO_DRAIN_DELAY', value: '5' },
      { name: 'BYOO_METRICS_PORT', value: '9090' },
    ],
    ports: [
      { name: 'http', containerPort: 8080 },
      { name: 'metrics', containerPort: 9090 },
    ],
    livenessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 10 },
    readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 2 },
    // Measured under load: docs/performance.md.
    resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'config', mountPath: '/etc/byoo', readOnly: true }],
  }
  const user = { runAsUser: 65_532, runAsGroup: 65_532 }
  const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }
  const pod = {
    automountServiceAccountToken: false,
    // A Service of this name would put BYOO_PORT=tcp://… into every pod.
    enableServiceLinks: false,
    // The drain delay and at most 8 s to stop.
    terminationGracePeriodSeconds: 20,
    securityContext: { runAsNonRoot: true, ...user, seccompProfile: { type: 'RuntimeDefault' } },
    topologySpreadConstraints: [{ ...spread, labelSelector: selector }],
    containers: [container],
    volumes: [{ name: 'config', configMap: { name: 'byoo' } }],
  }
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } }
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'byoo.yaml': serveConfig(plan) } },
    manifest('apps/v1', 'Deployment', {
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector,
      template: { metadata: { labels, annotations: { 'byoo/routes': plan.hash } }, spec: pod },
    }),
    manifest('v1', 'Service', {
      selector: labels,
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    }),
    manifest('policy/v1', 'PodDisruptionBudget', { minAvailable: 1, selector }),
    manifest('autoscaling/v2', 'HorizontalPodAutoscaler', {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'byoo' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [{ type: 'Resource', resource: cpu }],
    }),
    manifest('networking.k8s.io/v1', 'NetworkPolicy', {
      podSelector: selector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port: 'http' }, { port: 'metrics' }] }],
      // The forwarder opens no connection of its own.
      egress: [],
    }),
  ]
  const route = manifest('gateway.networking.k8s.io/v1', 'HTTPRoute', {
    parentRefs: [{ name: 'public' }],
    hostnames: plan.hosts,
    rules: [{ backendRefs: [{ name: 'byoo', port: 80 }] }],
  })
  const backend = { service: { name: 'byoo', port: { name: 'http' } } }
  const ingress = manifest('networking.k8s.io/v1', 'Ingress', {
    tls: [{ hosts: plan.hosts, secretName: 'byoo-tls' }],
    rules: plan.hosts.map((host) => ({
      host,
      http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
    })),
  })
  const file = (name: string, install: readonly string[], documents: readonly object[]) => {
    const text = documents.map((each) => stringify(each, yamlStyle)).join('---\n')
    return writeFile(plan, name, '#', { install }, text)
  }
  const apply = 'kubectl apply -f kubernetes.yaml, and one of httproute.yaml, ingress.yaml'
  const gateway =
    'name your Gateway at parentRefs; its access log must not record the query, which holds codes'
  const controller =
    'the controller must pass Host and path on unchanged, and not log the query, which holds codes'
  return [
    file('kubernetes.yaml', [nameImage, apply], objects),
    file('httproute.yaml', [gateway], [route]),
    file('ingress.yaml', [controller], [ingress]),
  ]
}

/** A hardened unit for byoo on a machine of its own. */
export function systemd(plan: Plan): ExportedFile[] {
  const notes = {
    install: [
      'put the executable at /usr/local/bin/byoo (npm run pkg makes it)',
      'copy byoo.yaml to /etc/byoo/ and this to /etc/systemd/system/; systemctl enable --now byoo',
      'after a change of byoo.yaml: systemctl reload byoo',
      'it listens on 127.0.0.1:8080 for a proxy on this machine: see byoo export nginx --proxy',
    ],
  }
  const unit = `[Unit]
Description=byoo, OAuth callback forwarder
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/usr/local/bin/byoo serve --config /etc/byoo/byoo.yaml --behind-proxy
ExecReload=/bin/kill -HUP $MAINPID
DynamicUser=yes
Restart=on-failure
TimeoutStopSec=10
MemoryMax=128M
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
PrivateTmp=yes
PrivateDevices=yes
CapabilityBoundingSet=
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077

[Install]
WantedBy=multi-user.target
`
  return [writeFile(plan, 'byoo.service', '#', notes, unit)]
}
