#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace lambox {

/// Why an expected failure happened, in our own words. `api/error_response` holds the only table from
/// here to HTTP statuses and AWS error names.
enum class Errc {
    invalid_argument,     ///< a caller's value is out of its documented range
    invalid_request_body, ///< a payload that is not JSON
    constraint_broken,    ///< a member of a request breaks a rule of AWS's own service model
    wrong_json_type,      ///< a member of a request has the wrong JSON type
    precondition_failed,  ///< a RevisionId that is not the current one
    not_provisioned,      ///< no provisioned concurrency there
    no_zip,               ///< a package that cannot be unpacked
    over_storage,         ///< the account's code storage is full
    entity_too_large,     ///< a request to the control plane is over its size
    not_implemented,      ///< an operation that AWS has and lambox does not
    over_policy_size,     ///< a resource policy would be too long
    not_found,            ///< no such function, version, file or process
    conflict,             ///< exists already, or is in use (a port, a name)
    too_large,            ///< over a bound of `limits.hpp`
    throttled,            ///< no concurrency left for this function
    unsupported,          ///< a feature that this machine or this build lacks
    permission_denied,    ///< the operating system refused
    malformed,            ///< foreign bytes that do not follow their format
    truncated,            ///< a peer stopped in the middle of a message
    closed,               ///< the peer or the owner has gone
    timed_out,            ///< a deadline passed
    shutting_down,        ///< drain has begun; no new work
    io,                   ///< any other failure of the operating system
};

struct Error {
    Errc code;
    std::string message; ///< one sentence for a person; names the thing that failed and what to do next
};

template <class T>
using Result = boost::system::result<T, Error>;

/// Lets `Result::value()` throw; reaching it means a caller did not check, which is a bug.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& location);

[[nodiscard]] inline Error make_error(Errc code, std::string message) { return Error{code, std::move(message)}; }

} // namespace lambox
