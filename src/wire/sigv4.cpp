#include "lambox/wire/sigv4.hpp"

#include "lambox/wire/arn.hpp"

#include <nettle/hmac.h>
#include <nettle/memops.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>

namespace lambox::wire::sigv4 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
using Digest = std::array<std::uint8_t, SHA256_DIGEST_SIZE>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

std::string hex(const Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

Digest hmac(std::string_view key, std::string_view text) {
    hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, key.size(), bytes_of(key));
    hmac_sha256_update(&context, text.size(), bytes_of(text));
    Digest digest{};
    hmac_sha256_digest(&context, digest.size(), digest.data());
    return digest;
}

std::string_view view(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

std::string encoded(std::string_view text, std::string_view kept) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || kept.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += "0123456789ABCDEF"[byte >> 4];
        out += "0123456789ABCDEF"[byte & 15];
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char by) {
    std::vector<std::string> parts;
    for (;;) {
        const auto at = text.find(by);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

/// RFC 3986 §6.2.2.3, and no empty segments.
std::string normalised(std::string_view path) {
    std::vector<std::string> kept;
    for (auto& segment : split(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..")
            kept.push_back(std::move(segment));
        else if (!kept.empty())
            kept.pop_back();
    }
    std::string out;
    for (const auto& segment : kept)
        out.append("/").append(segment);
    const bool folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if (out.empty() || folder) out += '/';
    return out;
}

std::string canonical_path(std::string_view path, PathStyle style) {
    switch (style) {
    case PathStyle::normalised: return encoded(normalised(path), "-._~/");
    case PathStyle::as_sent: break;
    }
    return path.empty() ? "/" : std::string(path);
}

using Parameter = std::pair<std::string, std::string>;

/// Decoded. A broken escape stays what it is: the signature will not fit then.
std::vector<Parameter> parameters_of(std::string_view target) {
    std::vector<Parameter> parameters;
    const auto question = target.find('?');
    if (question == std::string_view::npos) return parameters;
    for (const std::string& pair : split(target.substr(question + 1), '&')) {
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        const std::string name = pair.substr(0, equals);
        const std::string value = equals < pair.size() ? pair.substr(equals + 1) : std::string();
        parameters.emplace_back(url_decode(name).value_or(name), url_decode(value).value_or(value));
    }
    return parameters;
}

std::string canonical_query(std::string_view target) {
    std::vector<Parameter> parameters;
    for (const auto& [name, value] : parameters_of(target)) {
        if (name != "X-Amz-Signature") parameters.emplace_back(encoded(name, "-._~"), encoded(value, "-._~"));
    }
    std::sort(parameters.begin(), parameters.end());
    std::string text;
    for (const auto& [name, value] : parameters)
        text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
    return text;
}

/// Without blanks at the ends, runs of blanks as one.
std::string trimmed(std::string_view value) {
    std::string out;
    for (const char c : value) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

std::optional<std::string> header(const SignedRequest& request, std::string_view name) {
    std::optional<std::string> joined;
    for (const auto& [key, value] : request.headers) {
        if (lower(key) != name) continue;
        joined = joined ? *joined + "," + trimmed(value) : trimmed(value);
    }
    return joined;
}

std::string payload_hash(const SignedRequest& request, const Claim& claim) {
    if (auto given = header(request, "x-amz-content-sha256")) return *given;
    switch (claim.place) {
    case Claim::Place::header: break;
    case Claim::Place::query:
        if (claim.service == "s3") return std::string(unsigned_payload);
        break;
    }
    return sha256_hex(request.body);
}

bool take_scope(Claim& claim, std::string_view credential) {
    auto parts = split(credential, '/');
    if (parts.size() < 5 || parts.back() != "aws4_request") return false;
    const std::size_t end = parts.size();
    claim.service = parts[end - 2];
    claim.region = parts[end - 3];
    claim.date = parts[end - 4];
    for (std::size_t i = 0; i + 4 < end; ++i)
        claim.access_key.append(i == 0 ? "" : "/").append(parts[i]);
    return !claim.access_key.empty() && !claim.date.empty();
}

/// `name=value` pieces behind the algorithm.
std::map<std::string, std::string> fields_of(std::string_view authorization) {
    std::map<std::string, std::string> fields;
    for (const std::string& piece : split(authorization, ',')) {
        const auto begin = std::min(piece.find_first_not_of(" \t"), piece.size());
        const auto equals = piece.find('=', begin);
        if (equals != std::string::npos) fields[piece.substr(begin, equals - begin)] = trimmed(piece.substr(equals + 1));
    }
    return fields;
}

ClaimResult header_claim(const SignedRequest& request, std::string_view authorization) {
    Claim claim;
    const auto space = authorization.find(' ');
    auto fields = fields_of(authorization.substr(std::min(space, authorization.size())));
    std::string missing;
    for (const char* name : {"Credential", "Signature", "SignedHeaders"}) {
        if (fields[name].empty()) missing.append("Authorization header requires '").append(name).append("' parameter. ");
    }
    claim.time = header(request, "x-amz-date").value_or("");
    if (claim.time.empty()) missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    if (missing.empty() && !take_scope(claim, fields["Credential"]))
        missing = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term. ";
    if (!missing.empty()) return Incomplete{std::move(missing)};
    claim.signed_headers = split(fields["SignedHeaders"], ';');
    claim.signature = fields["Signature"];
    return claim;
}

ClaimResult query_claim(const SignedRequest& request) {
    std::map<std::string, std::string> fields;
    for (auto& [name, value] : parameters_of(request.target))
        fields.emplace(std::move(name), std::move(value));
    if (!fields.contains("X-Amz-Algorithm") && !fields.contains("X-Amz-Signature")) return NoSignature{};
    std::string missing;
    for (const char* name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature", "X-Amz-SignedHeaders"}) {
        if (fields[name].empty()) missing.append("AWS query-string parameters must include '").append(name).append("'. ");
    }
    Claim claim;
    claim.place = Claim::Place::query;
    std::int64_t seconds = 0;
    const std::string& expires = fields["X-Amz-Expires"];
    const auto read = std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
    constexpr std::int64_t longest = 604'800;
    if (fields["X-Amz-Algorithm"] != algorithm) missing += "X-Amz-Algorithm must be AWS4-HMAC-SHA256. ";
    if (missing.empty() && (read.ec != std::errc{} || seconds < 0 || seconds > longest))
        missing = "X-Amz-Expires must be between 0 and 604800. ";
    if (missing.empty() && !take_scope(claim, fields["X-Amz-Credential"]))
        missing = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term. ";
    if (!missing.empty()) return Incomplete{std::move(missing)};
    claim.time = fields["X-Amz-Date"];
    claim.signed_headers = split(fields["X-Amz-SignedHeaders"], ';');
    claim.signature = fields["X-Amz-Signature"];
    claim.valid_for = Seconds(seconds);
    return claim;
}

/// `20260131T235959Z`.
std::optional<WallTime> parse_time(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    const auto number = [text](std::size_t at, std::size_t digits) {
        int value = -1;
        const auto read = std::from_chars(text.data() + at, text.data() + at + digits, value);
        return read.ptr == text.data() + at + digits ? value : -1;
    };
    const int hours = number(9, 2);
    const int minutes = number(11, 2);
    const int seconds = number(13, 2);
    const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(6, 2)))};
    if (!day.ok() || hours < 0 || minutes < 0 || seconds < 0) return std::nullopt;
    return WallTime(std::chrono::sys_days(day)) + std::chrono::hours(hours) + std::chrono::minutes(minutes) + Seconds(seconds);
}

bool same_digits(std::string_view left, std::string_view right) {
    return left.size() == right.size() && memeql_sec(left.data(), right.data(), left.size()) == 1;
}

bool body_fits(const SignedRequest& request) {
    const auto given = header(request, "x-amz-content-sha256");
    if (!given || *given == unsigned_payload || given->starts_with("STREAMING-")) return true;
    return lower(*given) == sha256_hex(request.body);
}

/// A signature that leaves these out could be put on another request.
bool signs_enough(const Claim& claim) {
    return std::find(claim.signed_headers.begin(), claim.signed_headers.end(), "host") != claim.signed_headers.end();
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, bytes.size(), bytes_of(bytes));
    Digest digest{};
    sha256_digest(&context, digest.size(), digest.data());
    return hex(digest);
}

ClaimResult read_claim(const SignedRequest& request) {
    const auto authorization = header(request, "authorization");
    if (!authorization) return query_claim(request);
    if (!authorization->starts_with(algorithm)) return NoSignature{};
    return header_claim(request, *authorization);
}

std::string canonical_request(const SignedRequest& request, const Claim& claim, PathStyle style) {
    std::string text(request.method);
    text.append("\n").append(canonical_path(request.target.substr(0, request.target.find('?')), style));
    text.append("\n").append(canonical_query(request.target)).append("\n");
    std::string names;
    for (const std::string& name : claim.signed_headers) {
        text.append(name).append(":").append(header(request, name).value_or("")).append("\n");
        names.append(names.empty() ? "" : ";").append(name);
    }
    text.append("\n").append(names).append("\n").append(payload_hash(request, claim));
    return text;
}

std::string string_to_sign(const Claim& claim, std::string_view canonical) {
    std::string text(algorithm);
    text.append("\n").append(claim.time).append("\n");
    text.append(claim.date).append("/").append(claim.region).append("/").append(claim.service).append("/aws4_request\n");
    text += sha256_hex(canonical);
    return text;
}

std::string signature(const Claim& claim, std::string_view secret, std::string_view to_sign) {
    const Digest date = hmac("AWS4" + std::string(secret), claim.date);
    const Digest region = hmac(view(date), claim.region);
    const Digest service = hmac(view(region), claim.service);
    const Digest key = hmac(view(service), "aws4_request");
    return hex(hmac(view(key), to_sign));
}

Verdict verify(const SignedRequest& request, const Claim& claim, std::string_view secret, WallTime now, Seconds allowed_skew) {
    const PathStyle style = claim.service == "s3" ? PathStyle::as_sent : PathStyle::normalised;
    const std::string to_sign = string_to_sign(claim, canonical_request(request, claim, style));
    if (!signs_enough(claim) || !same_digits(claim.signature, signature(claim, secret, to_sign))) return Verdict::wrong_signature;
    const auto time = parse_time(claim.time);
    if (!time || !claim.time.starts_with(claim.date)) return Verdict::wrong_scope;
    Seconds lifetime = allowed_skew;
    switch (claim.place) {
    case Claim::Place::header: break;
    case Claim::Place::query: lifetime = claim.valid_for; break;
    }
    if (now > *time + lifetime) return Verdict::too_old;
    if (now < *time - allowed_skew) return Verdict::too_new;
    return body_fits(request) ? Verdict::good : Verdict::wrong_body;
}

std::string format_time(WallTime at) {
    const std::string iso = format_iso8601_ms(at); // 2026-01-31T23:59:59.000Z
    return iso.substr(0, 4) + iso.substr(5, 2) + iso.substr(8, 5) + iso.substr(14, 2) + iso.substr(17, 2) + "Z";
}

std::string authorization(const SignedRequest& request, const Signer& signer, WallTime now) {
    Claim claim;
    claim.access_key = signer.access_key;
    claim.time = format_time(now);
    claim.date = claim.time.substr(0, 8);
    claim.region = signer.region;
    claim.service = signer.service;
    for (const auto& [name, value] : request.headers)
        claim.signed_headers.push_back(lower(name));
    std::sort(claim.signed_headers.begin(), claim.signed_headers.end());
    std::string names;
    for (const std::string& name : claim.signed_headers)
        names.append(names.empty() ? "" : ";").append(name);
    const PathStyle style = claim.service == "s3" ? PathStyle::as_sent : PathStyle::normalised;
    const std::string digits = signature(claim, signer.secret, string_to_sign(claim, canonical_request(request, claim, style)));
    return std::string(algorithm) + " Credential=" + claim.access_key + "/" + claim.date + "/" + claim.region + "/" + claim.service +
           "/aws4_request, SignedHeaders=" + names + ", Signature=" + digits;
}

} // namespace lambox::wire::sigv4
