"""What the store offers: goods, and the ways to send them and to pay for them."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core import changes
from core.database import Base, CreatedAt, Facts, Instant, Key, Minor

# So few left are worth a word; of more, pages say only that it is in stock.
FEW = 5


class Category(Base):
    __tablename__ = "category"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    picture: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(server_default="0")
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # One that has a parent is no parent itself.
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("category.id"))
    # Shown no more, and where its products went.
    retired_at: Mapped[Instant | None]
    moved_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("category.id"))


class FormerSlug(Base):
    """What a category was called in an address before: it leads to where it is now."""

    __tablename__ = "former_slug"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("category.id"))


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_search", "search", postgresql_using="gin"),
        Index(
            "ix_product_document_trgm",
            "document",
            postgresql_using="gin",
            postgresql_ops={"document": "gin_trgm_ops"},
        ),
        Index(None, "category_id", "position"),
    )

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    tagline: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    # [[label, value], …] in the order that they are shown in.
    specification: Mapped[list[list[str]]] = mapped_column(JSONB, server_default=text("'[]'"))
    # {locale: {"name": …, "tagline": …, "description": …}}
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    category_id: Mapped[UUID] = mapped_column(ForeignKey("category.id"))
    picture: Mapped[str] = mapped_column(Text, server_default="")
    tax_category: Mapped[str] = mapped_column(Text, server_default="standard")
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[CreatedAt]
    # Everything a search may find, in plain lower-case letters; written by `search.index`.
    document: Mapped[str] = mapped_column(Text, server_default="")
    search: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple'::regconfig, document)", persisted=True), deferred=True
    )


class ProductPicture(Base):
    """A picture of a product; the first is its main one.

    `Product.picture` and `Sku.picture` say which of them stands for each, so that lists need not ask here.
    """

    __tablename__ = "product_picture"
    __table_args__ = (UniqueConstraint("product_id", "file"),)

    id: Mapped[Key]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    # As `pictures.Reference` writes it, or the path of a file under portal/static.
    file: Mapped[str] = mapped_column(Text)
    # The articles that it shows, where it shows certain ones: those of one colour.
    sku_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    # What is to be seen, for those who do not see it; the product's name where it is empty.
    alt: Mapped[str] = mapped_column(Text, server_default="")
    # {locale: {"alt": …}}
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    position: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    # Taken off the page by a colleague, who may bring it back.
    removed_at: Mapped[Instant | None]


class PictureFile(Base):
    """One size of a picture that somebody sent, under the digest of its largest; kept where attachments are."""

    __tablename__ = "picture_file"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    # "640.webp", "jpg"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))


class Sku(Base):
    """One thing that can be bought: a variant of a product, with its price including VAT."""

    __tablename__ = "sku"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint(
            "regular_price IS NULL OR (regular_price > price AND reduced_at IS NOT NULL)", name="reduced"
        ),
        Index(None, "product_id", "position"),
    )

    id: Mapped[Key]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    code: Mapped[str] = mapped_column(Text, unique=True)
    # {"Size": "1 kg"}; empty where there is nothing to choose.
    options: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # Empty where the product's picture does.
    picture: Mapped[str] = mapped_column(Text, server_default="")
    price: Mapped[Minor]
    # What is shown struck through beside the price while it is reduced, and since when it is.
    regular_price: Mapped[Minor | None]
    reduced_at: Mapped[Instant | None]
    currency: Mapped[str] = mapped_column(Text, server_default="EUR")
    weight: Mapped[int] = mapped_column(server_default="0")  # grams
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=text("true"))

    @property
    def label(self) -> str:
        return ", ".join(str(value) for value in self.options.values())


class FormerPrice(Base):
    """What a SKU cost before a change of its price, and until when it did."""

    __tablename__ = "former_price"
    __table_args__ = (Index(None, "sku_id", "until"),)

    id: Mapped[Key]
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("sku.id"))
    price: Mapped[Minor]
    until: Mapped[Instant]


class Stock(Base):
    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved"),)

    sku_id: Mapped[UUID] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")


class TaxRate(Base):
    """VAT of a country for a category of goods, from a day on: 0.1900 is 19 %. What was sold keeps its own."""

    __tablename__ = "tax_rate"

    country: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True, server_default="2000-01-01")
    rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))


class ShippingMethod(Base):
    __tablename__ = "shipping_method"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    promise: Mapped[str] = mapped_column(Text, server_default="")
    # Like a product's: {"de": {"name": …, "promise": …}}.
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    price: Mapped[Minor]
    # [[from, price], …]: what it costs instead where goods are worth (minor units) or weigh (grams) so much or more.
    tiers: Mapped[list[list[int]]] = mapped_column(JSONB, server_default=text("'[]'"))
    # What the tiers go by: goods, weight.
    tiers_by: Mapped[str] = mapped_column(Text, server_default="goods")
    # Goods worth this much or more travel free.
    free_from: Mapped[int | None]
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int] = mapped_column(server_default="0")


class PaymentMethod(Base):
    __tablename__ = "payment_method"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    # card (the gateway), transfer (wait for the money), later (goods first: on delivery, on account)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, server_default="")
    # Like a product's: {"de": {"name": …, "detail": …}}.
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # What a person needs to pay this way: account_holder, iban, bic, bank.
    instructions: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # How long the money may take; goods are held as long.
    days_to_pay: Mapped[int] = mapped_column(server_default="0")
    for_companies: Mapped[bool] = mapped_column(server_default=text("false"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int] = mapped_column(server_default="0")


class StoreEdit(Base):
    """What a colleague changed about how the store sells: VAT, delivery, ways to pay, categories. Only added to."""

    __tablename__ = "store_edit"
    __table_args__ = (Index(None, "noun", "edited_at"),)

    id: Mapped[Key]
    # tax_rate, shipping_method, payment_method, category
    noun: Mapped[str] = mapped_column(Text)
    # Which one, as people call it.
    name: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    edited_at: Mapped[CreatedAt]
    # {field: [before, after]}
    facts: Mapped[Facts]


class Seller(Base):
    """Who sells, as it must stand on an invoice. One row."""

    __tablename__ = "seller"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default="1")
    facts: Mapped[Facts]


class Review(Base):
    """What someone who received a product says of it: one for each person and product."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("customer_id", "product_id"),
        # Whoever shows a product asks for its shown reviews, newest first; a list asks for its ratings alone.
        Index("ix_review_shown", "product_id", "created_at", postgresql_where=text("hidden_at IS NULL")),
        Index("ix_review_ratings", "product_id", "rating", postgresql_where=text("hidden_at IS NULL")),
        Index("ix_review_waiting", "created_at", "id", postgresql_where=text("judged_at IS NULL")),
        Index("ix_review_hidden", "created_at", "id", postgresql_where=text("hidden_at IS NOT NULL")),
        Index(None, "created_at", "id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("hidden_at IS NULL OR judged_at IS NOT NULL", name="judged"),
    )

    id: Mapped[Key]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    # The delivered order that it rests on.
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    rating: Mapped[int]
    body: Mapped[str] = mapped_column(Text, server_default="")
    # As shown to everyone: "Anna K."
    author: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    created_at: Mapped[CreatedAt]
    # A colleague has read it. It stands on the page from the beginning, and waits for this all the same.
    judged_at: Mapped[Instant | None]
    judged_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    # Taken off the page by a colleague; counted no more.
    hidden_at: Mapped[Instant | None]


# Read by the pages that are kept ready-made (portal/kept.py); of the stock, they tell no more than FEW.
for _model in (Category, FormerSlug, Product, ProductPicture, Sku, FormerPrice, ShippingMethod, Review):
    changes.announce(Base.metadata.tables[_model.__tablename__])
changes.announce(
    Base.metadata.tables[Stock.__tablename__],
    when=f"least(OLD.on_hand - OLD.reserved, {FEW + 1}) <> least(NEW.on_hand - NEW.reserved, {FEW + 1})",
)
