/** Images of the containers that execute actions. */
import { Stack } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import { ContainerImage, CpuArchitecture } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";

export interface WorkerImagesProps {
  /** Folder with the Dockerfile of Drover's own image. */
  readonly directory: string;
  readonly architecture: CpuArchitecture;
}

/** The image of Drover, built at deployment where any environment uses it, and the images that environments name. */
export class WorkerImages extends Construct {
  readonly #props: WorkerImagesProps;
  #own: ContainerImage | null = null;

  constructor(scope: Construct, id: string, props: WorkerImagesProps) {
    super(scope, id);
    this.#props = props;
  }

  /** @param name As in `TaskEnvironment.image`: `repository:tag`, also of an ECR repository; null for Drover's own image. */
  of(name: string | null): ContainerImage {
    if (name === null) return this.#ownImage();
    const [, account, region, repository, tag] =
      /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)(?:[:@](.+))?$/.exec(name) ?? [];
    if (account === undefined || region === undefined || repository === undefined) {
      return ContainerImage.fromRegistry(name);
    }
    // Only as a repository does it come with the right to pull it.
    const id = `Repository-${name.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
    const found = this.node.tryFindChild(id) ?? this.#repository(id, account, region, repository);
    return ContainerImage.fromEcrRepository(found as Repository, tag ?? "latest");
  }

  #ownImage(): ContainerImage {
    const isArm = this.#props.architecture === CpuArchitecture.ARM64;
    this.#own ??= ContainerImage.fromDockerImageAsset(
      new DockerImageAsset(this, "Worker", {
        directory: this.#props.directory,
        platform: isArm ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
      }),
    );
    return this.#own;
  }

  #repository(id: string, account: string, region: string, repository: string) {
    const arn = Stack.of(this).formatArn({
      service: "ecr",
      account,
      region,
      resource: "repository",
      resourceName: repository,
    });
    return Repository.fromRepositoryAttributes(this, id, { repositoryArn: arn, repositoryName: repository });
  }
}
