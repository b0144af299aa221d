#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the program in one place. AWS's own are named with their page; the others are ours.
namespace lambox::limits {

// Payloads. AWS: "Lambda quotas" (gettingstarted-limits), behaviour §1.6, §7.1, §8.
inline constexpr std::size_t sync_request_bytes_max = 6'291'456;
inline constexpr std::size_t response_bytes_max = 6'291'556; ///< Runtime API: 6 MiB + 100
inline constexpr std::size_t async_request_bytes_max = 1'048'576;
inline constexpr std::size_t async_request_bytes_max_before_2025_10 = 262'144;
inline constexpr std::size_t client_context_bytes_max = 3'583;
inline constexpr std::size_t log_tail_bytes = 4'096;
inline constexpr std::size_t environment_variables_bytes_max = 4'096;
inline constexpr std::size_t control_request_bytes_max = 69'905'067; ///< a zip of 50 MB in base64

// Function settings. AWS: "Configure Lambda function memory", "timeout", "ephemeral storage".
inline constexpr std::uint64_t memory_mib_min = 128;
inline constexpr std::uint64_t memory_mib_max = 10'240;
inline constexpr std::uint64_t memory_mib_max_before_2020_12 = 3'008;
inline constexpr std::int64_t timeout_seconds_max = 900;
inline constexpr std::int64_t rie_timeout_seconds_max = 86'400; ///< of `lambox rie`, where people debug
inline constexpr std::uint32_t rie_environments_default = 10;
inline constexpr std::uint64_t rie_memory_mib_of_aws = 3'008; ///< defaults of AWS's runtime interface emulator
inline constexpr std::chrono::seconds rie_timeout_of_aws{300};
inline constexpr std::chrono::seconds health_check_timeout{5};
inline constexpr std::uint64_t ephemeral_storage_mib_min = 512;
inline constexpr std::uint64_t ephemeral_storage_mib_max = 10'240;
inline constexpr std::size_t function_name_chars_max = 64;
inline constexpr std::size_t handler_chars_max = 128;
inline constexpr std::size_t layers_max = 5;
inline constexpr std::size_t tags_max = 50;                      ///< of a function, a role, a log group
inline constexpr std::uint32_t unreserved_concurrency_min = 100; ///< of the account, after all reservations
inline constexpr std::uint64_t code_storage_bytes_max = 322'122'547'200;
inline constexpr std::size_t policy_bytes_max = 20'480;
inline constexpr std::size_t matched_value_bytes_max = 16'384; ///< of a value that a pattern is tried on
inline constexpr std::size_t quoted_value_bytes_max = 1'024;   ///< of a refused value, in the message about it
inline constexpr std::uint32_t account_concurrency = 1'000;
inline constexpr std::uint64_t processes_max = 1'024; ///< and threads, in an environment
inline constexpr std::size_t extensions_max = 10;     ///< internal and external ones together
inline constexpr std::size_t extension_request_bytes_max = 1'048'576;

// Managed Instances. AWS: "LambdaManagedInstancesCapacityProviderConfig", behaviour §1.11.
inline constexpr std::int64_t environment_concurrency_max = 1'600; ///< PerExecutionEnvironmentMaxConcurrency
inline constexpr double memory_gib_per_vcpu_min = 2;
inline constexpr double memory_gib_per_vcpu_max = 8;
inline constexpr std::size_t capacity_provider_arn_chars_max = 140;
inline constexpr std::uint64_t open_files_max = 1'024; ///< RLIMIT_NOFILE of an environment, behaviour §3.2
inline constexpr std::uint64_t managed_instances_open_files_max = 4'096;
inline constexpr std::chrono::seconds managed_instances_init_timeout_min{130};
inline constexpr std::size_t late_answers_max = 1'000;         ///< timed-out invocations of an environment whose answers are told apart
inline constexpr std::chrono::milliseconds worker_wait{1'000}; ///< an invocation waits so long for a worker about to ask for next

// Lifecycle. AWS: "Understanding the execution environment lifecycle".
inline constexpr std::chrono::seconds init_timeout{10};
inline constexpr std::chrono::milliseconds interpreter_patience{3'000};  ///< for `python3 --version` and the like
inline constexpr std::chrono::seconds provisioned_init_timeout_min{130}; ///< SnapStart's as well
inline constexpr std::chrono::seconds restore_timeout{10};               ///< SnapStart: after-restore hooks, behaviour §1.10
inline constexpr std::chrono::hours lent_credentials_life{12};           ///< SnapStart: from the call that lends them
inline constexpr std::chrono::milliseconds init_retry_pause{100};        ///< between INITs that die of a fault
inline constexpr std::chrono::minutes keep_alive{10};                    ///< idle environments are kept so long
inline constexpr std::size_t ready_parts_max = 2;                        ///< of each kind, made ahead of cold starts
inline constexpr std::chrono::milliseconds ready_pause{5};               ///< after a cold start, without another, they are made
inline constexpr std::chrono::seconds ready_keep{60};                    ///< after the last cold start they go
inline constexpr std::chrono::milliseconds answered_wait{20};          ///< a caller waits so long for an environment about to ask for next
inline constexpr std::chrono::microseconds rpc_poll_interval_min{200}; ///< go1.x: between connection attempts
inline constexpr std::chrono::milliseconds rpc_poll_interval_max{10};
inline constexpr std::chrono::milliseconds shutdown_with_external_extensions{2'000}; ///< all of an environment's processes, behaviour §2.5
inline constexpr std::chrono::milliseconds shutdown_with_internal_extensions{500};
inline constexpr int shutdown_runtime_percent = 30; ///< of these: the runtime's part, between SIGTERM and SIGKILL
inline constexpr std::chrono::seconds drain_deadline{30};
inline constexpr std::chrono::minutes invoke_client_timeout{20}; ///< `lambox invoke`; above the longest function timeout

// HTTP, both the service and the Runtime API.
inline constexpr std::size_t http_header_bytes_max = 1'048'576;    ///< request line and headers; X-Ray causes are long
inline constexpr std::size_t http_discard_bytes_max = 134'217'728; ///< of an oversized body, before the connection is cut
inline constexpr std::size_t service_connections_max = 2'048;
inline constexpr std::size_t runtime_connections_max = 64; ///< per environment
inline constexpr std::chrono::seconds http_head_timeout{30};
inline constexpr std::chrono::seconds http_body_timeout{120};
inline constexpr std::chrono::seconds http_idle_timeout{120};

// Queues and output.
inline constexpr std::size_t async_queue_events_max = 10'000;
inline constexpr std::size_t async_queue_bytes_max = 268'435'456;
inline constexpr std::chrono::seconds async_backoff_first{1}; ///< behaviour §7.4: 1 s to 5 min
inline constexpr std::chrono::minutes async_backoff_max{5};
inline constexpr std::chrono::minutes async_retry_pause{1}; ///< after a function error; twice that the second time
inline constexpr std::chrono::hours async_event_age_max{6};
inline constexpr std::uint32_t async_retries_max = 2;
inline constexpr std::uint32_t destination_hops_max = 16;   ///< AWS stops loops of functions there too
inline constexpr std::size_t undelivered_records_max = 100; ///< kept for GET /_lambox/state
inline constexpr std::size_t undelivered_bytes_max = 16'777'216;
inline constexpr std::chrono::milliseconds supervisor_tick{100};        ///< memory samples, idle expiry, orphans
inline constexpr std::chrono::milliseconds idle_cpu_max{5};             ///< of an idle environment in a tick; more is told
inline constexpr std::chrono::milliseconds supervisor_idle_tick{1'000}; ///< while there are no environments
inline constexpr std::size_t output_line_bytes_max = 262'144;           ///< one CloudWatch Logs event
inline constexpr std::size_t output_read_bytes = 65'536;
inline constexpr std::size_t log_batch_bytes_max = 65'536;     ///< of lines gathered for one write
inline constexpr std::chrono::milliseconds log_batch_pause{1}; ///< between two writes while invocations are in progress
inline constexpr std::size_t error_type_chars_max = 256;

// The service port.
inline constexpr std::chrono::minutes signature_skew_max{5};
inline constexpr std::size_t forwards_max = 256; ///< requests at the forward endpoint at once
inline constexpr std::chrono::minutes forward_timeout{2};
inline constexpr std::chrono::milliseconds reset_poll{5};
inline constexpr std::chrono::seconds reset_deadline{10}; ///< POST /_lambox/reset waits so long for processes to go

// CloudWatch Logs. AWS: "CloudWatch Logs quotas"; what is kept here is ours.
inline constexpr std::size_t log_group_bytes_max = 16'777'216;
inline constexpr std::size_t log_bytes_max = 268'435'456; ///< of all groups
inline constexpr std::size_t log_groups_max = 20'000;
inline constexpr std::size_t log_streams_per_group_max = 10'000;
inline constexpr std::size_t log_event_overhead_bytes = 26; ///< AWS counts so much for each event
inline constexpr std::size_t log_put_events_max = 10'000;
inline constexpr std::size_t log_put_bytes_max = 1'048'576;
inline constexpr std::size_t log_page_events_max = 10'000;
inline constexpr std::size_t log_page_bytes_max = 1'048'576;
inline constexpr std::size_t log_describe_max = 50;
inline constexpr std::size_t log_name_chars_max = 512;
inline constexpr std::size_t log_pattern_chars_max = 1'024;

// Telemetry API. AWS: "Lambda Telemetry API reference"; what is kept here is ours, for each environment.
inline constexpr std::size_t telemetry_queue_items_max = 20'000; ///< of one subscriber
inline constexpr std::size_t telemetry_queue_bytes_max = 4'194'304;
inline constexpr std::size_t telemetry_backlog_events_max = 10'000; ///< of before the subscriptions
inline constexpr std::size_t telemetry_backlog_bytes_max = 1'048'576;
inline constexpr std::size_t telemetry_subscribers_max = 10; ///< as many extensions there may be
inline constexpr std::size_t telemetry_request_bytes_max = 65'536;
inline constexpr std::uint32_t telemetry_attempts_max = 6;             ///< to deliver a batch
inline constexpr std::chrono::milliseconds telemetry_retry_first{100}; ///< doubles up to the next
inline constexpr std::chrono::milliseconds telemetry_retry_max{5'000};
inline constexpr std::chrono::minutes telemetry_answer_timeout{15}; ///< a frozen subscriber is silent for long

// IAM. AWS: "IAM and AWS STS quotas".
inline constexpr std::size_t roles_max = 5'000; ///< of one account
inline constexpr std::size_t policies_max = 5'000;
inline constexpr std::size_t role_policies_max = 1'000;
inline constexpr std::size_t policy_versions_max = 5;
inline constexpr std::size_t policy_document_bytes_max = 131'072;
inline constexpr std::size_t identity_accounts_max = 1'000;
inline constexpr std::size_t lent_keys_max = 10'000; ///< of AssumeRole; the oldest go
inline constexpr std::size_t form_fields_max = 1'000;

// go1.x RPC: a message holds at most a payload and some names.
inline constexpr std::size_t gob_message_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t gob_types_max = 256;
inline constexpr std::size_t gob_depth_max = 32;

// Packages. AWS: zip 50 MB, unzipped 250 MB.
inline constexpr std::chrono::seconds object_fetch_timeout{60}; ///< of a package from an S3-compatible server
inline constexpr std::uint64_t package_zip_bytes_max = 52'428'800;
inline constexpr std::uint64_t package_unpacked_bytes_max = 262'144'000;
inline constexpr std::size_t package_entries_max = 65'536;
inline constexpr int package_store_attempts = 3;                   ///< while others let go of the same package
inline constexpr std::size_t parsed_on_loop_bytes_max = 1'048'576; ///< a longer body of the control plane is parsed beside the loop

// lambox.yaml.
inline constexpr std::size_t config_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t config_depth_max = 64;
inline constexpr std::size_t config_nodes_max = 1'000'000;
inline constexpr std::size_t config_expanded_bytes_max = 32 * 1024 * 1024; ///< read in all, aliases followed
inline constexpr std::size_t config_violations_max = 1'000;                ///< reported at once
inline constexpr std::size_t functions_max = 10'000;
inline constexpr std::size_t functions_in_memory_max = 1'000; ///< stored ones; the others are read when somebody asks
inline constexpr std::uint32_t comparison_requests_max = 1'000'000;

static_assert(response_bytes_max == sync_request_bytes_max + 100);
static_assert(http_discard_bytes_max > response_bytes_max);
static_assert(http_discard_bytes_max > control_request_bytes_max);
static_assert(gob_message_bytes_max > response_bytes_max + 65'536);
static_assert(output_line_bytes_max >= output_read_bytes);
static_assert(answered_wait < init_timeout);
static_assert(drain_deadline > 2 * shutdown_with_external_extensions);
static_assert(reset_deadline > 2 * shutdown_with_external_extensions);
static_assert(log_bytes_max >= log_group_bytes_max);
static_assert(log_group_bytes_max >= 4 * (output_line_bytes_max + log_event_overhead_bytes));
static_assert(log_put_bytes_max <= log_group_bytes_max);
static_assert(telemetry_queue_bytes_max > 2 * 6 * output_line_bytes_max); // escaped, a byte may become six
static_assert(telemetry_queue_bytes_max > 2 * telemetry_backlog_bytes_max);
static_assert(undelivered_bytes_max > 2 * response_bytes_max);
static_assert(config_expanded_bytes_max >= 2 * config_bytes_max);

} // namespace lambox::limits
