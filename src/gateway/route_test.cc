#include "gatehouse/gateway/route.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace gatehouse::gateway {
namespace {

using wire::Method;

TEST(Routes, EachNamesAScopeOrIsPublicOnPurpose) {
  const std::set<std::string_view> open{"/",
                                        "/version",
                                        "/openapi.json",
                                        "/docs",
                                        "/docs/static/{file}",
                                        "/redoc",
                                        "/nlu",
                                        "/api/auth/login",
                                        "/v2",
                                        "/token",
                                        "/api/auth/register",
                                        "/api/auth/refresh",
                                        "/api/auth/reset",
                                        "/.well-known/jwks.json"};
  for (const Route& route : public_routes()) {
    EXPECT_TRUE(!route.open() || route.probe || open.contains(route.path)) << route.path;
    EXPECT_FALSE(route.summary.empty()) << route.path;
    EXPECT_FALSE(route.tag.empty()) << route.path;
  }
}

TEST(Routes, NoneStandsTwice) {
  std::set<std::pair<Method, std::string_view>> seen;
  for (const Route& route : public_routes()) EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
}

TEST(Routes, ThoseThatCostSomethingSayThatTheyTakeAnIdempotencyKey) {
  for (const Route& route : public_routes()) {
    const bool says = std::ranges::any_of(route.parameters, [](const auto& one) { return one.name == "Idempotency-Key"; });
    const bool generates_text = route.needs == identity::Scope::llm && route.action != Action::count_tokens;
    const bool costs = route.method == Method::post && (generates_text || route.action == Action::predict);
    EXPECT_EQ(says, costs) << route.path;
  }
}

TEST(FindRoute, FindsEveryRouteByItsOwnPath) {
  for (const Route& route : public_routes()) {
    if (route.path.find('{') != std::string_view::npos) continue;
    EXPECT_EQ(find_route(public_routes(), route.method, route.path).route, &route) << route.path;
  }
}

TEST(FindRoute, HeadFindsGet) {
  const RouteMatch match = find_route(public_routes(), Method::head, "/healthz");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->action, Action::liveness);
}

TEST(FindRoute, GivesWhatStandsForTheBraces) {
  const RouteMatch match = find_route(public_routes(), Method::get, "/v1/models/smollm2-135m-instruct");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.parameter, "smollm2-135m-instruct");
}

TEST(FindRoute, BracesTakeOneSegmentAndNotNone) {
  EXPECT_EQ(find_route(public_routes(), Method::get, "/v1/models/").route, nullptr);
  EXPECT_EQ(find_route(public_routes(), Method::get, "/v1/models/a/b").route, nullptr);
}

TEST(FindRoute, GivesBothOfTwoBraces) {
  const RouteMatch match = find_route(public_routes(), Method::post, "/v2/models/iris/versions/12/infer");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->action, Action::infer);
  EXPECT_EQ(match.parameter, "iris");
  EXPECT_EQ(match.second, "12");
  for (const std::string_view path :
       {"/v2/models/iris/versions//infer", "/v2/models//versions/1/infer", "/v2/models/iris/versions/1/2/infer",
        "/v2/models/iris/versions/1/infer/", "/v2/models/iris/version/1/infer", "/v2/models/iris/versions"}) {
    EXPECT_EQ(find_route(public_routes(), Method::post, path).route, nullptr) << path;
  }
  const RouteMatch one = find_route(public_routes(), Method::post, "/v2/models/iris/infer");
  ASSERT_NE(one.route, nullptr);
  EXPECT_EQ(one.parameter, "iris");
  EXPECT_EQ(one.second, "");
}

TEST(FindRoute, TakesWhatASegmentEndsWith) {
  const RouteMatch match = find_route(public_routes(), Method::post, "/v1/models/iris:predict");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.parameter, "iris");
  const RouteMatch version = find_route(public_routes(), Method::post, "/v1/models/iris/versions/3:predict");
  ASSERT_NE(version.route, nullptr);
  EXPECT_EQ(version.parameter, "iris");
  EXPECT_EQ(version.second, "3");
  EXPECT_EQ(find_route(public_routes(), Method::post, "/v1/models/:predict").route, nullptr);
}

TEST(FindRoute, NamesTheMethodsOfAPathThatHasOthers) {
  const RouteMatch match = find_route(public_routes(), Method::delete_, "/v1/chat/completions");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allow, "POST");
  EXPECT_EQ(match.dialect, Dialect::openai);
  EXPECT_EQ(find_route(public_routes(), Method::post, "/healthz").allow, "GET, HEAD");
}

TEST(FindRoute, ApiV1IsAnotherNameOfApi) {
  const RouteMatch match = find_route(public_routes(), Method::post, "/api/v1/llm/generate");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->path, "/api/llm/generate");
  EXPECT_EQ(match.route->dialect, Dialect::api);
}

TEST(FindRoute, EveryPathHasADialectKnownOrNot) {
  const std::pair<const char*, Dialect> cases[] = {{"/", Dialect::api},
                                                   {"/nowhere", Dialect::api},
                                                   {"/api/v1/x", Dialect::api},
                                                   {"/v1", Dialect::openai},
                                                   {"/v1/", Dialect::openai},
                                                   {"/v1/models", Dialect::openai},
                                                   {"/v1/messages", Dialect::anthropic},
                                                   {"/v1/messages/count_tokens", Dialect::anthropic},
                                                   {"/v1/messagesx", Dialect::openai},
                                                   {"/v10", Dialect::api},
                                                   {"/v2", Dialect::oip},
                                                   {"/v2/models/x/infer", Dialect::oip},
                                                   {"/v22", Dialect::api},
                                                   {"/oauth2/token", Dialect::oauth},
                                                   {"/oauth2", Dialect::oauth},
                                                   {"/oauth2x", Dialect::api},
                                                   {"/token", Dialect::oauth},
                                                   {"/tokens", Dialect::api},
                                                   {"/token/x", Dialect::oauth},
                                                   {"*", Dialect::api}};
  for (const auto& [path, dialect] : cases) {
    EXPECT_EQ(dialect_of(path), dialect) << path;
    EXPECT_EQ(find_route({}, Method::get, path).dialect, dialect) << path;
  }
}

TEST(FindRoute, UnknownPathsHaveNoMethods) {
  for (const std::string_view path : {"/nowhere", "/healthz/", "//", "/v1", "/v1/chat", "/API/health/ping", "*"}) {
    const RouteMatch match = find_route(public_routes(), Method::get, path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_TRUE(match.allow.empty()) << path;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
