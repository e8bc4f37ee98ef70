#include "interface_document.h"

#include <gmock/gmock.h>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/wire/json/document.h"
#include "test_head.h"
#include "test_tensor_engine.h"

namespace gatehouse::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

wire::engine::Signature takes(std::int64_t columns) {
  wire::engine::Signature signature;
  signature.inputs = {{"X", wire::Datatype::fp32, {-1, columns}}};
  return signature;
}

class Interface : public ::testing::Test {
 protected:
  ServedModel version(const char* name, const char* number, StandingTensorEngine& engine) {
    ServedModel made;
    made.name = name;
    made.version = number;
    made.tensors = &engine;
    model::Manifest manifest;
    manifest.kind = model::Kind::tensor;
    made.manifest = std::make_shared<const model::Manifest>(std::move(manifest));
    made.stand = std::make_shared<VersionStand>();
    made.stand->move_to(model::Stage::ready, "");
    return made;
  }
  InterfaceDocument::FilePtr current(const InterfaceDocument& document, const identity::Principal* who = nullptr) {
    return run_task(reactor_, document.current(reactor_, who));
  }
  std::string text(const InterfaceDocument& document, const identity::Principal* who = nullptr) {
    return std::string(current(document, who)->response(head_with({}), Readers::all).body());
  }

  // The model goes while the document that tells of it is on its way.
  Task<InterfaceDocument::FilePtr> ask_and_forget(const InterfaceDocument& document, const ServedModel& model) {
    reactor_.post([&] {
      models_.show({}, {});
      models_.drop(model);
    });
    auto asked = document.current(reactor_, nullptr);
    InterfaceDocument::FilePtr file = co_await std::move(asked);
    co_return file;
  }

  FakeClock clock_;
  Reactor reactor_{0, clock_};
  StandingTensorEngine first_{takes(2)}, second_{takes(3)};
  ServedModels models_{{}, {.tabular = "table"}};
  const ServedModel& one_ = models_.keep(version("table", "1", first_));
  const ServedModel& two_ = models_.keep(version("table", "2", second_));
};

TEST_F(Interface, DescribesTheVersionThatAnswers) {
  const InterfaceDocument document(models_, {"t", "1", {"*"}});
  EXPECT_THAT(text(document), Not(HasSubstr("table")));
  models_.show({&one_}, {&one_});
  const std::string with_one = text(document);
  EXPECT_THAT(with_one, HasSubstr(R"("/v2/models/table/infer":)"));
  EXPECT_THAT(with_one, HasSubstr(R"("/v1/models/table:predict":)"));
  EXPECT_THAT(with_one, HasSubstr(R"("table":{"value":{"data":[0,0],"model":"table"}})"));
  const auto same = current(document);
  EXPECT_EQ(current(document), same) << "it is kept until another one answers";
  models_.show({&two_, &one_}, {&two_});
  EXPECT_THAT(text(document), HasSubstr(R"("table":{"value":{"data":[0,0,0],"model":"table"}})"));
  models_.show({}, {});
  EXPECT_THAT(text(document), Not(HasSubstr("table")));
  wire::JsonParser parser;
  EXPECT_TRUE(parser.parse(with_one).ok());
}

TEST_F(Interface, KeepsWhoseEngineBeginsAnewAndWaitsForWhoHasSaidNothing) {
  const InterfaceDocument document(models_, {"t", "1", {"*"}});
  first_.set(wire::engine::Signature());
  models_.show({&one_}, {&one_});
  EXPECT_THAT(text(document), Not(HasSubstr("table")));
  first_.set(takes(2));
  EXPECT_THAT(text(document), HasSubstr("table"));
  first_.set(engine::Life::loading);
  EXPECT_THAT(text(document), HasSubstr("table"));
  first_.set(engine::Life::failed);
  EXPECT_THAT(text(document), Not(HasSubstr("table")));
}

TEST_F(Interface, TellsOfThoseAloneThatItMay) {
  const ServedModel& other = models_.keep(version("hidden-forest", "1", second_));
  models_.show({&other, &one_}, {&other, &one_});
  EXPECT_THAT(text({models_, {"t", "1", {"table"}}}), HasSubstr("table"));
  EXPECT_THAT(text({models_, {"t", "1", {"table"}}}), Not(HasSubstr("hidden-forest")));
  EXPECT_THAT(text({models_, {"t", "1", {}}}), Not(HasSubstr("table")));
}

identity::Principal somebody(identity::Scope scope, const char* model) {
  identity::Principal who(identity::Proof::api_key, TenantId("acme"), 1);
  who.scopes = {scope};
  who.tenant_models = who.models = who.role_grants.models = identity::NameList({model});
  return who;
}

TEST_F(Interface, TellsWhoSaysWhoTheyAreOfTheModelsThatTheyMayUse) {
  const ServedModel& other = models_.keep(version("hidden-forest", "1", second_));
  models_.show({&other, &one_}, {&other, &one_});
  const InterfaceDocument document(models_, {"t", "1", {}});
  using identity::Scope;
  const identity::Principal theirs = somebody(Scope::predict, "hidden-forest"), all = somebody(Scope::predict, "*");
  const identity::Principal talker = somebody(Scope::llm, "*");
  EXPECT_THAT(text(document, &theirs), AllOf(HasSubstr("hidden-forest"), Not(HasSubstr("table:predict"))));
  EXPECT_THAT(text(document, &all), AllOf(HasSubstr("hidden-forest"), HasSubstr("table:predict")));
  EXPECT_THAT(text(document, &talker), AllOf(Not(HasSubstr("hidden-forest")), Not(HasSubstr("table:predict"))));
  EXPECT_THAT(text(document), AllOf(Not(HasSubstr("hidden-forest")), Not(HasSubstr("table:predict"))));
  const std::uint64_t before = document.made();
  EXPECT_EQ(current(document, &talker), current(document)) << "who is told the same shares it";
  EXPECT_NE(current(document, &theirs), current(document, &all));
  EXPECT_EQ(document.made(), before);
}

TEST_F(Interface, KeepsAFewAndMakesTheOthersAnew) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("forest-" + std::to_string(i));
  std::vector<const ServedModel*> served;
  for (const std::string& name : names) served.push_back(&models_.keep(version(name.c_str(), "1", first_)));
  models_.show(served, served);
  const InterfaceDocument document(models_, {"t", "1", {}});
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : names) {
      const identity::Principal who = somebody(identity::Scope::predict, name.c_str());
      EXPECT_THAT(text(document, &who), HasSubstr("/" + name + ":predict"));
    }
  }
  EXPECT_THAT(text(document), Not(HasSubstr("forest")));
  EXPECT_EQ(document.made(), 81U) << "and the first one, of no model, which is for everybody and stays";
}

TEST_F(Interface, IsMadeOnceForAllWhoAskForIt) {
  const InterfaceDocument document(models_, {"t", "1", {"*"}});
  models_.show({&one_}, {&one_});
  const std::uint64_t before = document.made();
  std::vector<Task<InterfaceDocument::FilePtr>> asked;
  for (int i = 0; i < 8; ++i) asked.push_back(document.current(reactor_, nullptr));
  const std::vector<InterfaceDocument::FilePtr> told = run_tasks(reactor_, std::move(asked));
  EXPECT_EQ(document.made(), before + 1);
  for (const InterfaceDocument::FilePtr& one : told) EXPECT_EQ(one, told.front());
}

TEST_F(Interface, TellsOfAModelThatIsGoneWhenItIsMade) {
  const InterfaceDocument document(models_, {"t", "1", {"*"}});
  const ServedModel& passing = models_.keep(version("passing", "1", first_));
  models_.show({&passing}, {&passing});
  Task<InterfaceDocument::FilePtr> asked = ask_and_forget(document, passing);
  const std::string told(run_task(reactor_, std::move(asked))->response(head_with({}), Readers::all).body());
  EXPECT_THAT(told, HasSubstr("passing"));
}

TEST_F(Interface, AModelComesBackOnceItWasThere) {
  EXPECT_TRUE(one_.comes_back()) << "nobody has said yet that its engine has ended";
  first_.set(engine::Life::loading);
  EXPECT_TRUE(one_.comes_back());
  first_.set(engine::Life::failed);
  EXPECT_FALSE(one_.comes_back());
  first_.set(engine::Life::loading);
  one_.stand->move_to(model::Stage::draining, "");
  EXPECT_TRUE(one_.comes_back()) << "for whom it has begun";
  for (const model::Stage stage : {model::Stage::found, model::Stage::checking, model::Stage::loading, model::Stage::failed}) {
    one_.stand->move_to(stage, "");
    EXPECT_FALSE(one_.comes_back());
  }
  one_.stand->move_to(model::Stage::ready, "");
  first_.set(wire::engine::Signature());
  EXPECT_FALSE(one_.comes_back()) << "it has never been there";
}

}  // namespace
}  // namespace gatehouse::gateway
