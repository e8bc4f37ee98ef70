// trees/layout.h — the order of the fields of a plan, written once for both directions.
#pragma once
#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "gatehouse/trees/plan.h"

namespace gatehouse::trees {

template <class T>
inline constexpr auto layout = nullptr;
template <>
inline constexpr auto layout<Input> = std::tuple{&Input::name, &Input::kind, &Input::columns};
template <>
inline constexpr auto layout<Columns> = std::tuple{&Columns::kind, &Columns::slots};
template <>
inline constexpr auto layout<Output> = std::tuple{&Output::name, &Output::columns, &Output::form};
template <>
inline constexpr auto layout<Scale> = std::tuple{&Scale::from, &Scale::offsets, &Scale::factors, &Scale::to};
template <>
inline constexpr auto layout<Arithmetic> = std::tuple{&Arithmetic::from, &Arithmetic::sign, &Arithmetic::operands, &Arithmetic::to};
template <>
inline constexpr auto layout<Impute> = std::tuple{&Impute::from, &Impute::missing, &Impute::values, &Impute::to};
template <>
inline constexpr auto layout<Normalise> = std::tuple{&Normalise::from, &Normalise::norm, &Normalise::to};
template <>
inline constexpr auto layout<OneHot> = std::tuple{&OneHot::from, &OneHot::ints, &OneHot::texts, &OneHot::strangers, &OneHot::to};
template <>
inline constexpr auto layout<Lookup> =
    std::tuple{&Lookup::from,       &Lookup::int_keys,        &Lookup::text_keys,     &Lookup::float_values,
               &Lookup::int_values, &Lookup::float_otherwise, &Lookup::int_otherwise, &Lookup::to};
template <>
inline constexpr auto layout<Convert> = std::tuple{&Convert::from, &Convert::kind, &Convert::to};
template <>
inline constexpr auto layout<Labels> = std::tuple{&Labels::ints, &Labels::texts, &Labels::slot};
template <>
inline constexpr auto layout<Linear> =
    std::tuple{&Linear::from, &Linear::coefficients, &Linear::intercepts, &Linear::transform, &Linear::labels, &Linear::to};
template <>
inline constexpr auto layout<Forest> =
    std::tuple{&Forest::from,          &Forest::roots,     &Forest::features,      &Forest::thresholds, &Forest::first,   &Forest::second,
               &Forest::missing_first, &Forest::covers,    &Forest::weights_begin, &Forest::targets,    &Forest::weights, &Forest::base,
               &Forest::scores,        &Forest::transform, &Forest::labels,        &Forest::width,      &Forest::to};
template <>
inline constexpr auto layout<Plan> = std::tuple{&Plan::inputs, &Plan::steps, &Plan::outputs, &Plan::floats, &Plan::ints, &Plan::texts};

template <class T>
inline constexpr bool is_record = !std::is_same_v<std::remove_const_t<decltype(layout<T>)>, std::nullptr_t>;

template <class T>
inline constexpr T last_value{};
template <>
inline constexpr Kind last_value<Kind> = Kind::texts;
template <>
inline constexpr Form last_value<Form> = Form::matrix;
template <>
inline constexpr Sign last_value<Sign> = Sign::divide;
template <>
inline constexpr Norm last_value<Norm> = Norm::l2;
template <>
inline constexpr Strangers last_value<Strangers> = Strangers::are_refused;
template <>
inline constexpr Transform last_value<Transform> = Transform::softmax;
template <>
inline constexpr Scores last_value<Scores> = Scores::margin;

}  // namespace gatehouse::trees
