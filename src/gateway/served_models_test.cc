#include "gatehouse/gateway/served_models.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

std::vector<ServedModel> models(std::initializer_list<const char*> names) {
  std::vector<ServedModel> made;
  for (const char* name : names) made.emplace_back().name = name;
  return made;
}

std::string name_of(const ServedModel* model) { return model == nullptr ? "none" : model->name; }

TEST(ServedModelNames, AreTheirOwnTheDefaultAndAliases) {
  const ServedModels served(models({"a", "b"}), "b", {{"gpt-4o", "a"}, {"lost", "c"}, {"b", "a"}, {"twice", "gpt-4o"}});
  EXPECT_EQ(name_of(served.language_model("a")), "a");
  EXPECT_EQ(name_of(served.language_model("")), "b");
  EXPECT_EQ(name_of(served.language_model("gpt-4o")), "a");
  EXPECT_EQ(name_of(served.language_model("b")), "b") << "its own name comes first";
  EXPECT_EQ(name_of(served.language_model("lost")), "none");
  EXPECT_EQ(name_of(served.language_model("twice")), "none") << "an alias stands for a model, not for an alias";
  EXPECT_EQ(name_of(served.language_model("c")), "none");
}

TEST(ServedModelNames, TheDefaultIsNoAlias) {
  const ServedModels served(models({"a"}), "c", {{"", "a"}, {"c", "a"}});
  EXPECT_EQ(name_of(served.language_model("")), "none");
}

}  // namespace
}  // namespace gatehouse::gateway
