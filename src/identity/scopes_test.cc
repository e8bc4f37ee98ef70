#include "gatehouse/identity/scopes.h"

#include <gmock/gmock.h>

namespace gatehouse::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Scopes, EveryNameLeadsBackToItsScope) {
  EXPECT_EQ(all_scopes().size(), 20U);
  for (const Scope scope : all_scopes()) EXPECT_EQ(parse_scope(to_string(scope)), scope) << to_string(scope);
  EXPECT_EQ(to_string(Scope::usage_read), "usage:read");
  EXPECT_EQ(to_string(Scope::platform_admin), "platform:admin");
  EXPECT_EQ(parse_scope("LLM"), std::nullopt);
  EXPECT_EQ(parse_scope(""), std::nullopt);
}

TEST(Scopes, NluStandsForItsNineTasksAndNothingElse) {
  const Scopes nlu{Scope::nlu};
  int tasks = 0;
  for (const Scope scope : all_scopes()) tasks += nlu.has(scope) && scope != Scope::nlu;
  EXPECT_EQ(tasks, 9);
  for (const Scope task :
       {Scope::ner, Scope::re, Scope::event, Scope::absa, Scope::sentiment, Scope::classification, Scope::match, Scope::nli, Scope::qa}) {
    EXPECT_TRUE(nlu.has(task)) << to_string(task);
    EXPECT_FALSE(Scopes{task}.has(Scope::nlu)) << "one task is not all of them";
  }
  EXPECT_FALSE(nlu.has(Scope::llm));
  EXPECT_THAT(nlu.names(), ElementsAre("nlu"));
}

TEST(Scopes, AdministratorsHaveNoOtherScopeByThat) {
  for (const Scope administrator : {Scope::platform_admin, Scope::tenant_admin}) {
    for (const Scope scope : all_scopes()) EXPECT_EQ(Scopes{administrator}.has(scope), scope == administrator);
  }
}

TEST(Scopes, ParseTakesListsAndNamesAllWhenOneIsUnknown) {
  const std::vector<std::string> names{"llm", "usage:read", "llm"};
  EXPECT_EQ(*Scopes::parse(names), (Scopes{Scope::llm, Scope::usage_read}));
  const Result<Scopes> failed = Scopes::parse(std::vector<std::string>{"llm", "usage"});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().reason(), "scope_unknown");
  EXPECT_THAT(failed.error().public_text(), HasSubstr("'usage' is not a scope; the scopes are llm, embeddings"));
  EXPECT_TRUE(Scopes::parse({})->empty());
}

}  // namespace
}  // namespace gatehouse::identity
