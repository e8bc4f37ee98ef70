// app/setting_checks.h — what is wrong with one text of the configuration, and what words of other servers mean here.
// Threads  pure functions
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::app {

// Each says what is wrong, or nothing.
std::optional<std::string> endpoint_fault(std::string_view text);
// An endpoint on loopback.
std::optional<std::string> admin_fault(std::string_view text);
std::optional<std::string> must_not_be_empty(std::string_view text);
std::optional<std::string> host_fault(std::string_view text);
std::optional<std::string> origin_fault(std::string_view text);
std::optional<std::string> network_fault(std::string_view text);
std::optional<std::string> url_fault(std::string_view text);
// A path of this server alone: "//other" would lead away.
std::optional<std::string> path_fault(std::string_view text);
std::optional<std::string> home_fault(std::string_view text);
// One that others may guess. The secret itself is not in what is said.
std::optional<std::string> secret_fault(std::string_view secret);

// A bare number, as ACCESS_TOKEN_EXPIRE_MINUTES and MEMORY_LIMIT_WARNING are.
std::string minutes(std::string_view number);
std::string mebibytes(std::string_view number);
// LOG_LEVEL as Python's logging has it.
std::string level_word(std::string_view theirs);

}  // namespace gatehouse::app
