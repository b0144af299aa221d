#pragma once

#include "emulator/app.hpp"
#include "emulator/config.hpp"
#include "emulator/options.hpp"
#include "lambox/io/http_server.hpp"

#include <optional>
#include <string>
#include <vector>

/// What several commands do alike.
namespace lambox::emulator {

/// `lambox: <text>` on stderr.
void complain(const std::string& text);

/// Today in UTC.
[[nodiscard]] model::Era today();
[[nodiscard]] ConfigDefaults config_defaults(const CommonOptions& common);

/// Loads a lambox.yaml, or complains of everything that is wrong with it.
[[nodiscard]] std::optional<Config> load_or_complain(const std::filesystem::path& file, const CommonOptions& common);

/// Flags beat the file, the file beats the defaults.
[[nodiscard]] AppSettings app_settings(const CommonOptions& common, const Config* config);

/// Says on lambox's own log what environments are kept in, and warns of what was asked for and cannot be had.
void tell_containment(const App& app);

/// The event's bytes, `{}` when none was named; complains and gives nothing when it cannot be read, is larger than Lambda takes or is
/// not JSON.
[[nodiscard]] std::optional<std::string> read_event(const std::optional<EventSource>& source);

/// Until a signal asks for a drain: then lets requests in progress end, or cuts them when everything must end at once.
boost::asio::awaitable<void> serve_until_stop(App& app, io::HttpServer& server);

/// `http://ADDRESS:PORT`.
[[nodiscard]] std::string url_of(const io::HttpEndpoint& endpoint);

[[nodiscard]] bool is_terminal(int descriptor);
/// Writes all of `text` to stdout. False when it could not be written.
[[nodiscard]] bool print(const std::string& text);

} // namespace lambox::emulator
