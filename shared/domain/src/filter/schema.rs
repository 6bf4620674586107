//! The shape of a filter, for the API's description. It names itself, which a derive cannot say.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr,
        schema::{Schema, Type},
    },
};

use super::{Field, Filter, Operator, value::Value};

impl ToSchema for Filter {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Filter")
    }
}

impl PartialSchema for Filter {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .description(Some(
                "A tree of at most 64 conditions, nested at most 4 deep: `all`, `any` or `not` over comparisons of a \
                 fact. A fact that is not known is never allowed, also not by `not`; `exists` asks whether it is known. Where \
                 a fact is one of several (the zones of an area code), each of them has to be allowed.",
            ))
            .item(branch("all", list_of_filters()))
            .item(branch("any", list_of_filters()))
            .item(branch("not", Ref::from_schema_name("Filter")))
            .item(comparison())
            .into()
    }
}

fn list_of_filters() -> ArrayBuilder {
    ArrayBuilder::new().items(Ref::from_schema_name("Filter")).min_items(Some(1))
}

fn branch(name: &str, inner: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    ObjectBuilder::new().property(name, inner).required(name)
}

fn comparison() -> ObjectBuilder {
    let fields = format!("One of {} or tags.<name>.", Field::NAMES.join(", "));
    ObjectBuilder::new()
        .property(
            "field",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(fields))
                .examples(["caller.state"]),
        )
        .required("field")
        .property("op", Operator::schema())
        .required("op")
        .property("value", values())
}

fn values() -> OneOfBuilder {
    let list = ArrayBuilder::new().items(scalar()).max_items(Some(Value::MOST));
    OneOfBuilder::new()
        .description(Some(
            "eq: one. in: a list. between: a list of two. prefix: a text or a list. exists: true (the default) or false.",
        ))
        .item(scalar())
        .item(list)
}

fn scalar() -> OneOfBuilder {
    OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String).max_length(Some(Value::MOST_CHARACTERS)))
        .item(ObjectBuilder::new().schema_type(Type::Integer))
        .item(ObjectBuilder::new().schema_type(Type::Boolean))
}
