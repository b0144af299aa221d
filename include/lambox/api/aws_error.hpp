#pragma once

#include "lambox/io/http_message.hpp"

#include <string>
#include <string_view>

namespace lambox::api {

/// How a service writes its answers; an SDK reads an error only in the protocol that it speaks.
enum class AwsProtocol { rest_json, json, query, ec2, rest_xml };

/// By the service's name, else by the look of the request.
[[nodiscard]] AwsProtocol protocol_of(const io::HttpRequest& request, std::string_view service);

struct AwsError {
    unsigned status;
    std::string_view code;
    std::string message;
};
[[nodiscard]] io::HttpResponse aws_error_response(AwsProtocol protocol, const AwsError& error, std::string_view request_id);

/// The five characters that XML reserves become entities; control characters that XML 1.0 cannot hold become U+FFFD.
[[nodiscard]] std::string xml_escape(std::string_view text);

} // namespace lambox::api
