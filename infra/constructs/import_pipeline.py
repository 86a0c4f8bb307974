"""The import bucket and its queues: S3 -> queue -> split -> queue -> load; documents go through extract before load."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.functions import SHAPES, AltoFunction
from infra.constructs.permissions import OWN_PREFIX, bucket_name_pattern
from infra.constructs.removal import removal_policy
from infra.settings.settings import EXTRACTORS, Settings

# The chunks of a large file wait for the model's quota. A dead letter keeps the age it had, so it must be kept longer
# than the message was. SQS keeps nothing for more than 14 days.
QUEUE_DAYS = 13
DEAD_LETTER_DAYS = 14

# After this many deliveries a message is a dead letter. Each delivery of a chunk gets further than the one before.
MAX_DELIVERIES = 10

# Alto's own files are useless once their job has expired.
OWN_FILES_DAYS = 90

# Splitting reads each file at most once; more concurrency would not make an import faster.
SPLIT_CONCURRENCY = 5
# One file an invocation: a file that outlasts the function or its memory holds up no other.
SPLIT_BATCH = 1


class ImportPipeline(Construct):
    """The import bucket and its three queues. `start` connects them with the functions."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: kms.IKey | None) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._queue_encryption = sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED
        self._settings = settings
        self.split_dead_letters = self._dead_letters("SplitDeadLetters")
        self.load_dead_letters = self._dead_letters("LoadDeadLetters")
        self.split_queue = self._queue("SplitQueue", "split", self.split_dead_letters)
        self.load_queue = self._queue("LoadQueue", "load", self.load_dead_letters)
        # The same dead letters: both queues have chunks, and the splitter records each in its job.
        self.extract_queue = self._queue("ExtractQueue", "extract", self.load_dead_letters)
        self.bucket = self._bucket()
        self._notify(self.bucket, self.split_queue)

    def start(self, *, split: AltoFunction, extract: AltoFunction, load: AltoFunction) -> None:
        """Let each queue's messages invoke its function; the functions report which messages of a batch failed."""
        split.function.add_event_source(
            event_sources.SqsEventSource(
                self.split_queue,
                batch_size=SPLIT_BATCH,
                report_batch_item_failures=True,
                max_concurrency=SPLIT_CONCURRENCY,
            )
        )
        # The splitter records a dead letter of load in its job, from where the chunk can be retried. The splitter still
        # works when OpenSearch, or the loader's use of it, is the reason.
        split.function.add_event_source(
            event_sources.SqsEventSource(
                self.load_dead_letters, batch_size=SPLIT_BATCH, report_batch_item_failures=True, max_concurrency=2
            )
        )
        extract.function.add_event_source(
            event_sources.SqsEventSource(
                self.extract_queue,
                batch_size=1,
                report_batch_item_failures=True,
                max_concurrency=EXTRACTORS,
            )
        )
        # One chunk an invocation: a chunk may need all of the function's time.
        load.function.add_event_source(
            event_sources.SqsEventSource(
                self.load_queue,
                batch_size=1,
                report_batch_item_failures=True,
                max_concurrency=self._settings.load_concurrency,
            )
        )

    def _dead_letters(self, construct_id: str) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            visibility_timeout=cdk.Duration.seconds(6 * SHAPES["split"].timeout_seconds),
            retention_period=cdk.Duration.days(DEAD_LETTER_DAYS),
            encryption=self._queue_encryption,
            encryption_master_key=self._key,
            enforce_ssl=True,
        )

    def _queue(self, construct_id: str, function: str, dead_letters: sqs.Queue) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            # Lambda's advice: if shorter, a message is delivered again while its first delivery is still retried.
            visibility_timeout=cdk.Duration.seconds(6 * SHAPES[function].timeout_seconds),
            retention_period=cdk.Duration.days(QUEUE_DAYS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=MAX_DELIVERIES),
            encryption=self._queue_encryption,
            encryption_master_key=self._key,
            enforce_ssl=True,
        )

    def _cors(self) -> list[s3.CorsRule] | None:
        """Uploads with signed URLs from the web pages that may call the API; parts also need their ETag."""
        if not self._settings.cors_origins:
            return None
        return [
            s3.CorsRule(
                allowed_methods=[s3.HttpMethods.PUT],
                allowed_origins=list(self._settings.cors_origins),
                allowed_headers=["*"],
                exposed_headers=["ETag"],
                max_age=3_600,
            )
        ]

    def _bucket(self) -> s3.Bucket:
        days = self._settings.upload_expiry_days
        return s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.KMS if self._key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self._key,
            # One data key for many objects, instead of a call to KMS for each.
            bucket_key_enabled=True if self._key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                ),
                s3.LifecycleRule(prefix=OWN_PREFIX, expiration=cdk.Duration.days(OWN_FILES_DAYS)),
                *([s3.LifecycleRule(expiration=cdk.Duration.days(days))] if days else []),
            ],
            cors=self._cors(),
            removal_policy=removal_policy(self._settings),
        )

    def _notify(self, bucket: s3.Bucket, queue: sqs.Queue) -> None:
        """Announce new objects. Written by hand, since CDK's own construct deploys a function with wide permissions."""
        stack = cdk.Stack.of(self)
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                # Naming the bucket itself would be a circle (bucket -> policy -> bucket). CloudFormation begins the
                # bucket's name with the stack's.
                conditions={
                    "ArnLike": {"aws:SourceArn": bucket_name_pattern(stack)},
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            )
        )
        resource = cast(s3.CfnBucket, bucket.node.default_child)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                # Every object, with any ending: what cannot be imported becomes a failed job that says why. S3's
                # filters cannot say "not below .alto/", so split is also invoked for Alto's own files and ignores them.
                s3.CfnBucket.QueueConfigurationProperty(event="s3:ObjectCreated:*", queue=queue.queue_arn),
                # A collection may ask that the passages of a deleted document are removed.
                s3.CfnBucket.QueueConfigurationProperty(event="s3:ObjectRemoved:*", queue=queue.queue_arn),
            ]
        )
        # S3 tries the queue when the bucket is made.
        resource.node.add_dependency(queue.node.find_child("Policy"))
