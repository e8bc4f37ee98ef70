// tests/scenario/people.h — people before the whole gateway: who logs in, who refreshes, who administers.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "whole_gateway.h"

namespace gatehouse::testing {

struct LoginTokens {
  std::string access, refresh;
};

class People : public ::testing::Test {
 protected:
  People() {
    identity::TokenWish wish(TenantId("system"));
    wish.scopes = {"platform:admin"};
    operator_ = world_.done(world_.house().tokens().issue(world_.reactor, std::move(wish)))->token.expose();
  }

  // The text of a member of an answer; empty where it has none.
  static std::string member(const FakeExchange& answer, const std::string& name) {
    const std::string& text = answer.sent();
    const std::string start = "\"" + name + "\":\"";
    const std::size_t at = text.find(start);
    return at == std::string::npos ? "" : text.substr(at + start.size(), text.find('"', at + start.size()) - at - start.size());
  }
  // The store and the passwords answer from threads of their own: that is waited for.
  const FakeExchange& ask(wire::Method method, const std::string& path, const std::string& body = "", const std::string& token = "",
                          std::vector<std::pair<std::string, std::string>> fields = {}) {
    if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + token);
    const FakeExchange& answer = world_.ask(Ask{method, path, std::move(fields), body});
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!answer.handled && std::chrono::steady_clock::now() < patience) world_.reactor.context().run_one_for(milliseconds(10));
    EXPECT_TRUE(answer.handled) << path;
    return answer;
  }
  const FakeExchange& post(const std::string& path, const std::string& body, const std::string& token = "") {
    return ask(wire::Method::post, path, body, token);
  }
  const FakeExchange& get(const std::string& path, const std::string& token) { return ask(wire::Method::get, path, "", token); }

  // Who registers, and who is changed by an administrator.
  const FakeExchange& enrol(const std::string& name, const std::string& email, const std::string& more = "") {
    return post("/api/auth/register",
                R"({"username":")" + name + R"(","email":")" + email + R"(","password":")" + password_ + "\"" + more + "}");
  }
  const FakeExchange& patch(const std::string& id, const std::string& body, const std::string& token, const std::string& version = "") {
    std::vector<std::pair<std::string, std::string>> fields;
    if (!version.empty()) fields.emplace_back("If-Match", version);
    return ask(wire::Method::patch, "/api/admin/users/" + id, body, token, std::move(fields));
  }

  // The id of somebody new, whose password is the usual one.
  std::string make(const std::string& name, const std::string& more = "") {
    const FakeExchange& made = post(
        "/api/admin/users", R"({"tenant_id":"demo","username":")" + name + R"(","password":")" + password_ + "\"" + more + "}", operator_);
    EXPECT_EQ(made.status(), 201) << made.sent();
    return member(made, "id");
  }
  const FakeExchange& try_login(const std::string& name, const std::string& password, const std::string& agent = "phone") {
    return ask(wire::Method::post, "/api/auth/login", R"({"username":")" + name + R"(","password":")" + password + "\"}", "",
               {{"User-Agent", agent}});
  }
  LoginTokens login(const std::string& name, const std::string& agent = "phone") {
    const FakeExchange& in = try_login(name, password_, agent);
    EXPECT_EQ(in.status(), 200) << in.sent();
    return {member(in, "access_token"), member(in, "refresh_token")};
  }
  const FakeExchange& refresh(const std::string& token, const std::string& agent = "phone") {
    return ask(wire::Method::post, "/api/auth/refresh", R"({"refresh_token":")" + token + "\"}", "", {{"User-Agent", agent}});
  }
  // What /api/auth/me says to a token: 200, or the reason of the refusal.
  std::string me(const std::string& token) {
    const FakeExchange& answer = get("/api/auth/me", token);
    return answer.status() == 200 ? "200" : member(answer, "type");
  }

  WholeGateway world_;
  std::string operator_;
  const std::string password_ = "a horse of another colour";
};

}  // namespace gatehouse::testing
