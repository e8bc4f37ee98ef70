#include "gatehouse/gateway/served_models.h"

#include <gtest/gtest.h>

#include "gatehouse/nlu/token_rows.h"

namespace gatehouse::gateway {
namespace {

std::vector<ServedModel> models(std::initializer_list<const char*> names) {
  std::vector<ServedModel> made;
  for (const char* name : names) made.emplace_back().name = name;
  return made;
}

std::string name_of(const ServedModel* model) { return model == nullptr ? "none" : model->name; }

TEST(ServedModelNames, AreTheirOwnTheDefaultAndAliases) {
  const ServedModels served(models({"a", "b"}), {.llm = "b"}, {{"gpt-4o", "a"}, {"lost", "c"}, {"b", "a"}, {"twice", "gpt-4o"}});
  EXPECT_EQ(name_of(served.language_model("a")), "a");
  EXPECT_EQ(name_of(served.language_model("")), "b");
  EXPECT_EQ(name_of(served.language_model("gpt-4o")), "a");
  EXPECT_EQ(name_of(served.language_model("b")), "b") << "its own name comes first";
  EXPECT_EQ(name_of(served.language_model("lost")), "none");
  EXPECT_EQ(name_of(served.language_model("twice")), "none") << "an alias stands for a model, not for an alias";
  EXPECT_EQ(name_of(served.language_model("c")), "none");
}

TEST(ServedModelNames, TheDefaultIsNoAlias) {
  const ServedModels served(models({"a"}), {.llm = "c"}, {{"", "a"}, {"c", "a"}});
  EXPECT_EQ(name_of(served.language_model("")), "none");
}

ServedModel text_model_named(const char* name, model::Kind kind) {
  ServedModel made;
  made.name = name;
  model::Manifest manifest;
  manifest.kind = kind;
  made.manifest = std::make_shared<const model::Manifest>(manifest);
  made.texts = std::make_shared<const nlu::TextReader>(nlu::TextReader{
      nlu::Tokenizer(nlu::Vocabulary::read("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "v").value(), nlu::Tokenizer::Letters::lower), 8});
  return made;
}

TEST(ServedModelNames, OfTextsAreTheDefaultElseTheOnlyOneOfTheirKind) {
  using model::Kind;
  const std::vector<ServedModel> two{text_model_named("e", Kind::embeddings), text_model_named("f", Kind::embeddings),
                                     text_model_named("r", Kind::rerank)};
  const ServedModels served(two, {.embeddings = "f"}, {{"ada", "e"}});
  EXPECT_EQ(name_of(served.text_model(Kind::embeddings, "")), "f");
  EXPECT_EQ(name_of(served.text_model(Kind::embeddings, "e")), "e");
  EXPECT_EQ(name_of(served.text_model(Kind::embeddings, "ada")), "e");
  EXPECT_EQ(name_of(served.text_model(Kind::rerank, "")), "r") << "the only one";
  EXPECT_EQ(name_of(served.text_model(Kind::rerank, "e")), "none") << "of another kind";
  EXPECT_EQ(name_of(served.text_model(Kind::rerank, "g")), "none");
  const ServedModels undecided(two, {.embeddings = "gone"});
  EXPECT_EQ(name_of(undecided.text_model(Kind::embeddings, "")), "none") << "which of the two is not said";
  EXPECT_EQ(name_of(ServedModels({text_model_named("e", Kind::embeddings)}, {.embeddings = "gone"}).text_model(Kind::embeddings, "")), "e");
}

}  // namespace
}  // namespace gatehouse::gateway
