#include "gatehouse/gateway/served_models.h"

#include <gtest/gtest.h>

#include "gatehouse/nlu/token_rows.h"
#include "test_tensor_engine.h"

namespace gatehouse::gateway {
namespace {

using model::Stage;

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

// A model whose versions come and go.
class Versions : public ::testing::Test {
 protected:
  const ServedModel& version(const char* name, const char* number, Stage stage = Stage::ready, engine::TensorEngine* engine = nullptr) {
    ServedModel made;
    made.name = name;
    made.version = number;
    made.tensors = engine;
    made.stand = std::make_shared<VersionStand>();
    made.stand->move_to(stage, "");
    return served_.keep(std::move(made));
  }
  ServedModels served_{models({"a", "m"}), {.llm = "a"}, {{"other", "flowers"}}};
};

TEST_F(Versions, AnswerByTheirModelsNameAndByTheirOwn) {
  const ServedModel& one = version("flowers", "1");
  const ServedModel& two = version("flowers", "2");
  EXPECT_EQ(served_.named("flowers"), nullptr) << "nobody has shown it";
  served_.show({&one}, {&one});
  EXPECT_EQ(served_.named("other"), &one);
  served_.show({&two, &one}, {&two});
  EXPECT_EQ(served_.named("flowers"), &two);
  EXPECT_EQ(served_.version_of(two, "1"), &one);
  EXPECT_EQ(served_.version_of(two, "2"), &two);
  EXPECT_EQ(served_.version_of(two, "3"), nullptr);
  std::vector<std::string> listed;
  for (const ServedModel* model : served_.all()) listed.push_back(model->name + model->version);
  EXPECT_EQ(listed, (std::vector<std::string>{"a", "flowers2", "flowers1", "m"})) << "by name";
  EXPECT_EQ(served_.answering().size(), 3U);
  served_.show({}, {});
  EXPECT_EQ(served_.named("flowers"), nullptr);
}

TEST_F(Versions, ShareWhatIsCountedByTheirName) {
  EXPECT_EQ(version("flowers", "1").number, 3U);
  EXPECT_EQ(version("trees", "1").number, 4U);
  EXPECT_EQ(version("flowers", "2").number, 3U);
}

TEST_F(Versions, GiveTheirNumberToNobodyElse) {
  const ServedModel& gone = version("flowers", "1");
  EXPECT_EQ(gone.number, 3U);
  served_.drop(gone);
  EXPECT_EQ(version("trees", "1").number, 4U) << "what is remembered of a number is of one name";
  EXPECT_EQ(version("flowers", "2").number, 3U);
}

TEST_F(Versions, AreKeptAsLongAsSomebodyHoldsThem) {
  const ServedModel& one = version("flowers", "1");
  EXPECT_FALSE(one.stand->held());
  ServedModelPtr first = held(one), second = first;
  EXPECT_EQ(first.get(), &one);
  EXPECT_FALSE(one.stand->in_use()) << "nothing is answered by it";
  first.reset();
  EXPECT_TRUE(one.stand->held());
  second.reset();
  EXPECT_FALSE(one.stand->held());
  const VersionUse use(one.stand);
  EXPECT_TRUE(one.stand->held());
  EXPECT_EQ(held(*served_.named("a")).get(), served_.named("a")) << "what has no versions never goes";
}

TEST_F(Versions, LeaveNoTableBehindThatNobodyReads) {
  const ServedModel& one = version("flowers", "1");
  const auto before = served_.kept();
  EXPECT_TRUE(served_.show({&one}, {&one}));
  EXPECT_FALSE(served_.show({&one}, {&one})) << "it is the same";
  EXPECT_TRUE(served_.show({}, {}));
  EXPECT_EQ(served_.kept().tables, before.tables + 2);
  served_.forget_before(served_.shown());
  EXPECT_EQ(served_.kept(), before);
}

TEST_F(Versions, LeaveTheRestartsOfTheirEnginesBehind) {
  StandingTensorEngine first, second;
  first.set(engine::Turnover{3, 1, 0});
  second.set(engine::Turnover{2, 0, 1});
  const ServedModel& one = version("flowers", "1", Stage::ready, &first);
  version("flowers", "2", Stage::ready, &second);
  const auto all = [this] { return served_.turnovers().at("onnx:flowers"); };
  EXPECT_EQ(all(), (engine::Turnover{5, 1, 1}));
  served_.drop(one);
  EXPECT_EQ(all(), (engine::Turnover{5, 1, 1})) << "a counter does not go back";
  second.set(engine::Turnover{3, 0, 1});
  EXPECT_EQ(all(), (engine::Turnover{6, 1, 1}));
}

TEST_F(Versions, AreClosedOnceTheyGo) {
  const auto reason = [&](Stage stage) {
    const std::optional<Error> closed = version("flowers", "1", stage).closed();
    return closed ? std::string(closed->reason()) : "open";
  };
  EXPECT_EQ(reason(Stage::found), "model_unloaded");
  EXPECT_EQ(reason(Stage::checking), "open") << "its engine says that it loads";
  EXPECT_EQ(reason(Stage::ready), "open");
  EXPECT_EQ(reason(Stage::draining), "model_unloaded");
  EXPECT_EQ(reason(Stage::failed), "engine_unavailable");
  EXPECT_EQ(reason(Stage::unloaded), "model_unloaded");
}

TEST_F(Versions, AreInUseAsLongAsSomethingIsAnsweredByThem) {
  const auto stand = std::make_shared<VersionStand>();
  {
    VersionUse use(stand);
    const VersionUse moved(std::move(use));
    EXPECT_TRUE(stand->in_use());
    VersionUse other(nullptr);
    other = VersionUse(stand);
  }
  EXPECT_FALSE(stand->in_use());
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
