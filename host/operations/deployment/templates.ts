/** Lists the templates of services that an executor could run. */

/** A template: an image, the variables that it takes, and how its container is started. */
export interface Template {
  readonly id: string
  readonly image: string
  /** The variables that it takes; those of `defaults` may be left out. */
  readonly vars: readonly string[]
  readonly defaults: Readonly<Record<string, string>>
  /** The port in the container that `host_port` leads to. */
  readonly port: number
  /** Whether its data stays in a volume. */
  readonly volume: boolean
  /** The command in the container that shows that the service works; null without one. */
  readonly check: string | null
}

interface Service {
  readonly volume?: boolean
  readonly check?: string
  readonly vars?: readonly string[]
  readonly defaults?: Readonly<Record<string, string>>
}

function service(id: string, image: string, port: number, given: Service = {}): Template {
  const { volume = false, check = null } = given
  return {
    ...{ id, image, port, volume, check },
    vars: given.vars ?? ['instance_name', ...(volume ? ['volume_path'] : []), 'host_port'],
    defaults: { instance_name: id, host_port: String(port), ...given.defaults },
  }
}

/** All templates. */
export const templates: readonly Template[] = [
  service('postgres', 'postgres:16', 5432, {
    volume: true,
    check: 'pg_isready',
    vars: ['instance_name', 'db_user', 'db_password', 'db_name', 'volume_path', 'host_port'],
  }),
  service('ollama', 'ollama/ollama:latest', 8001, {
    volume: true,
    vars: ['model_path', 'models_path', 'gpu_enabled', 'host_port'],
    defaults: { gpu_enabled: 'false' },
  }),
  service('redis', 'redis:7', 6379, { volume: true, check: 'redis-cli ping' }),
  service('qdrant', 'qdrant/qdrant:latest', 6333, { volume: true }),
  service('vllm', 'vllm/vllm-openai:latest', 8000, {
    vars: ['instance_name', 'model_name', 'gpu_enabled', 'host_port'],
    defaults: { gpu_enabled: 'true' },
  }),
  service('kafka', 'apache/kafka:latest', 9092, { volume: true }),
  service('portainer-agent', 'portainer/agent:latest', 9001),
  service('traefik', 'traefik:v3', 80),
  service('prometheus', 'prom/prometheus:latest', 9090, { volume: true }),
  service('grafana', 'grafana/grafana:latest', 3000, { volume: true }),
]
