#include "fixed_messages.h"

#include <algorithm>
#include <array>

namespace gatehouse::gateway {
namespace {

struct Message {
  std::string_view english, chinese;
};

constexpr std::array known_messages{
    Message{"Missing or invalid Authorization header", "缺少 Authorization 请求头或其无效"},
    Message{"Invalid token", "无效的令牌"},
    Message{"Invalid token: missing tenant_id", "无效的令牌：缺少 tenant_id"},
    Message{"Token has expired", "令牌已过期"},
    Message{"Token has been revoked", "令牌已被撤销"},
    Message{"API key required", "需要 API 密钥"},
    Message{"Invalid or expired API key", "API 密钥无效或已过期"},
    Message{"Incorrect username or password", "用户名或密码错误"},
    Message{"Tenant is disabled", "租户已被禁用"},
    Message{"Inactive user", "用户未激活"},
    Message{"Not enough permissions", "权限不足"},
    Message{"Daily quota exceeded", "今日配额已用完"},
    Message{"Internal server error, please try again later", "服务器内部错误，请稍后重试"},
};
// Numbers follow: "Rate limit exceeded: 10 per 1 minute".
constexpr Message rate_limit{"Rate limit exceeded", "请求次数过多"};

}  // namespace

std::string_view in_language(Language language, std::string_view english) {
  if (language == Language::english) return english;
  if (english.starts_with(rate_limit.english)) return rate_limit.chinese;
  const auto* const found = std::ranges::find(known_messages, english, &Message::english);
  return found == known_messages.end() ? english : found->chinese;
}

}  // namespace gatehouse::gateway
