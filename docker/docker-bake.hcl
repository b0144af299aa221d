# docker buildx bake -f docker/docker-bake.hcl
variable "COMMIT" {
  default = "unknown"
}
variable "TAG" {
  default = "lambox:latest"
}
group "default" {
  targets = ["lambox"]
}
target "lambox" {
  context    = "."
  dockerfile = "docker/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = [TAG]
  args       = { LAMBOX_COMMIT = COMMIT }
}
