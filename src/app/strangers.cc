#include "strangers.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::app {
namespace {

using Note = std::optional<std::string>;

Note of_path(std::string_view value) {
  if (value == "/api" || value == "/api/v1" || value == "/api/" || value == "/api/v1/") return std::nullopt;
  return "is not read: paths begin with /api, and /api/v1 is another name of that; there is no other";
}

Note of_database(std::string_view) {
  return "is not read: everything is kept in a SQLite file in the data folder (--data), and nothing comes over from that database";
}

Note of_counters(std::string_view) { return "is not read: this process counts by itself, and asks no Redis"; }

Note of_provider(std::string_view) { return "is not read: people cannot log in by another service yet"; }

constexpr std::array known{
    config::Stranger{"API_V1_STR", of_path},
    config::Stranger{"DATABASE_URL", of_database},
    config::Stranger{"REDIS_URL", of_counters},
    config::Stranger{"FRONTEND_URL", of_provider},
    config::Stranger{"GITHUB_CLIENT_ID", of_provider},
    config::Stranger{"GITHUB_CLIENT_SECRET", of_provider},
    config::Stranger{"OAUTH2_AUTHORIZATION_URL", of_provider},
    config::Stranger{"OAUTH2_TOKEN_URL", of_provider},
};

}  // namespace

std::span<const config::Stranger> strangers() { return known; }

}  // namespace gatehouse::app
