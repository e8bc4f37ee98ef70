#include "gatehouse/gateway/ceilings.h"

#include <gmock/gmock.h>

#include "errors.h"
#include "rules.h"

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;

class RoleCeilings : public ::testing::Test {
 protected:
  RoleCeilings() {
    role_.max_tokens = 64;
    role_.n = 2;
    role_.temperature = 0.7;
    asked_.prompt.sampling.temperature = 1;
  }
  // The rule by which it is refused; empty: it is not.
  std::string refused_by() {
    const Status kept = keep_below(role_, asked_);
    return kept.ok() ? "" : std::string(rule_of(kept.error().reason()));
  }
  identity::ParameterCeilings role_;
  Generation asked_;
};

TEST_F(RoleCeilings, WhatIsLeftOpenComesToLieBelowThem) {
  asked_.max_tokens = 100;  // by default
  EXPECT_EQ(refused_by(), "");
  EXPECT_EQ(asked_.max_tokens, 64U);
  EXPECT_EQ(asked_.open_allowance, 64U);
  EXPECT_EQ(asked_.prompt.sampling.temperature, 0.7F);
  Generation open;
  EXPECT_TRUE(keep_below(role_, open).ok());
  EXPECT_EQ(open.max_tokens, std::nullopt);
}

TEST_F(RoleCeilings, WhatLiesBelowThemStays) {
  asked_.max_tokens = 64;
  asked_.asks_max_tokens = asked_.asks_temperature = true;
  asked_.prompt.choices = 2;
  asked_.prompt.sampling.temperature = static_cast<float>(0.7);
  EXPECT_EQ(refused_by(), "") << "0.7 is not above 0.7, however that is kept";
  EXPECT_EQ(asked_.max_tokens, 64U);
  role_ = identity::ParameterCeilings();
  asked_.max_tokens = 100'000;
  asked_.prompt.sampling.temperature = 2;
  asked_.prompt.choices = 100;
  EXPECT_EQ(refused_by(), "");
  EXPECT_EQ(asked_.prompt.sampling.temperature, 2.0F);
}

TEST_F(RoleCeilings, WhatIsAskedForAboveThemIsRefusedByName) {
  asked_.max_tokens = 65;
  asked_.asks_max_tokens = true;
  EXPECT_EQ(refused_by(), "role.max_tokens");
  asked_.asks_max_tokens = false;
  asked_.prompt.choices = 3;
  EXPECT_EQ(refused_by(), "role.n");
  asked_.prompt.choices = 1;
  asked_.asks_temperature = true;
  asked_.prompt.sampling.temperature = static_cast<float>(0.71);
  EXPECT_EQ(refused_by(), "role.temperature");
  const Error error = keep_below(role_, asked_).error();
  EXPECT_EQ(error.public_text(), "temperature may be at most 0.7 for your role");
  EXPECT_EQ(error.param(), "temperature");
  EXPECT_EQ(status_of(error, Dialect::api), 422);
  EXPECT_EQ(status_of(error, Dialect::openai), 400);
  const std::string body = error_body(error, Dialect::api, "id");
  EXPECT_THAT(body, HasSubstr(R"("path":"/temperature")"));
  EXPECT_THAT(body, ::testing::Not(HasSubstr("role.temperature"))) << "the rule is for the log";
}

}  // namespace
}  // namespace gatehouse::gateway
