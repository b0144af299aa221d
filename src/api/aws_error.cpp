#include "lambox/api/aws_error.hpp"

#include "lambox/base/json_escape.hpp"

namespace lambox::api {
namespace {

std::string xml_error(const AwsError& error, std::string_view request_id) {
    std::string text = "<ErrorResponse><Error><Type>";
    text.append(error.status >= 500 ? "Receiver" : "Sender").append("</Type><Code>").append(xml_escape(error.code));
    text.append("</Code><Message>").append(xml_escape(error.message)).append("</Message></Error><RequestId>");
    text.append(request_id).append("</RequestId></ErrorResponse>\n");
    return text;
}

std::string ec2_error(const AwsError& error, std::string_view request_id) {
    std::string text = "<Response><Errors><Error><Code>" + xml_escape(error.code) + "</Code><Message>" + xml_escape(error.message);
    text.append("</Message></Error></Errors><RequestID>").append(request_id).append("</RequestID></Response>\n");
    return text;
}

std::string s3_error(const AwsError& error, std::string_view request_id) {
    std::string text = "<Error><Code>" + xml_escape(error.code) + "</Code><Message>" + xml_escape(error.message);
    text.append("</Message><RequestId>").append(request_id).append("</RequestId></Error>\n");
    return text;
}

std::string json_error(const AwsError& error) {
    return R"({"__type":")" + json_escape(error.code) + R"(","message":")" + json_escape(error.message) + "\"}";
}

std::string rest_json_error(const AwsError& error) {
    const std::string_view type = error.status >= 500 ? "Service" : "User";
    return R"({"Type":")" + std::string(type) + R"(","message":")" + json_escape(error.message) + "\"}";
}

} // namespace

AwsProtocol protocol_of(const io::HttpRequest& request, std::string_view service) {
    if (service == "s3") return AwsProtocol::rest_xml;
    if (service == "ec2") return AwsProtocol::ec2;
    if (request.headers.find("X-Amz-Target").has_value()) return AwsProtocol::json;
    const auto type = request.headers.find("Content-Type");
    if (type && type->starts_with("application/x-www-form-urlencoded")) return AwsProtocol::query;
    if (service == "iam" || service == "sts") return AwsProtocol::query;
    return AwsProtocol::rest_json;
}

io::HttpResponse aws_error_response(AwsProtocol protocol, const AwsError& error, std::string_view request_id) {
    io::HttpResponse response;
    response.status = error.status;
    response.headers.add("x-amzn-RequestId", std::string(request_id));
    std::string_view type = "text/xml";
    switch (protocol) {
    case AwsProtocol::rest_json:
        type = "application/json";
        response.headers.add("x-amzn-ErrorType", std::string(error.code));
        response.body = rest_json_error(error);
        break;
    case AwsProtocol::json:
        type = "application/x-amz-json-1.1";
        response.headers.add("x-amzn-ErrorType", std::string(error.code));
        response.body = json_error(error);
        break;
    case AwsProtocol::query: response.body = xml_error(error, request_id); break;
    case AwsProtocol::ec2: response.body = ec2_error(error, request_id); break;
    case AwsProtocol::rest_xml: response.body = s3_error(error, request_id); break;
    }
    response.headers.add("Content-Type", std::string(type));
    return response;
}

std::string xml_escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char character : text) {
        switch (character) {
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '&': out += "&amp;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        case '\r': out += "&#13;"; break;
        case '\n':
        case '\t': out += character; break;
        default: // of characters, not of an enumeration
            if (static_cast<unsigned char>(character) < 0x20)
                out += "\xef\xbf\xbd";
            else
                out += character;
        }
    }
    return out;
}

} // namespace lambox::api
